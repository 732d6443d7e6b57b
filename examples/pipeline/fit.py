"""Explains the load of a station by the hour, the weekday and the temperature, and carries it on."""
import numpy
import samara

try:
    from sklearn.linear_model import Ridge
except ImportError:
    Ridge = None

FIT = samara.StructType(method=str, error=float, per_degree=float, forecast=list[float])
COMFORT = 16.0  # degrees; below, people heat


def features(hours, temperature):
    """A column for each cause."""
    day = 2 * numpy.pi * hours / 24
    weekend = (hours // 24 % 7 >= 5).astype(float)
    columns = [numpy.ones(len(hours)), weekend, numpy.maximum(0.0, COMFORT - temperature)]
    for wave in range(1, 5):
        columns += [numpy.sin(wave * day), numpy.cos(wave * day)]
    return numpy.stack(columns, axis=1)


@samara.platform("fit", [list[float], list[float], int], FIT, effect="pure")
def fit(load, temperature, hours):
    load, temperature = numpy.asarray(load), numpy.asarray(temperature)
    causes = features(numpy.arange(len(load)), temperature)
    if Ridge is not None:
        method = "ridge regression of scikit-learn"
        weights = Ridge(alpha=1e-6, fit_intercept=False).fit(causes, load).coef_
    else:
        method = "least squares of numpy"
        weights = numpy.linalg.lstsq(causes, load, rcond=None)[0]
    error = float(numpy.mean(numpy.abs(load - causes @ weights)) / numpy.mean(load))
    # The weather of the last day goes on.
    ahead = numpy.arange(len(load), len(load) + hours)
    weather = numpy.resize(temperature[-24:], hours)
    return {"method": method, "error": error, "per_degree": float(weights[2]),
            "forecast": features(ahead, weather) @ weights}
