# The hourly load of a station, as its meter sees it.
using Random
using Samara

const Series = NamedTuple{(:load, :temperature),Tuple{Vector{Float64},Vector{Float64}}}

# Two peaks a day, quieter weekends, heating when it is cold, noise that lasts for hours, and a meter
# that at times counts far too much.
@platform effect="pure" function simulate(seed::Int, megawatts::Float64, days::Int)::Series
    random = MersenneTwister(seed)
    hours = 24 * days
    load, temperature = zeros(hours), zeros(hours)
    weather, mood = 0.0, 0.0
    for i in 1:hours
        hour, day = (i - 1) % 24, (i - 1) ÷ 24
        weather = 0.98 * weather + 0.5 * randn(random)
        mood = 0.9 * mood + 0.01 * randn(random)
        temperature[i] = 9 - 10 * cos(2π * day / 365) + 4 * sin(2π * (hour - 9) / 24) + weather
        shape = 0.7 + 0.18 * exp(-((hour - 8) / 2.5)^2) + 0.25 * exp(-((hour - 19) / 3)^2)
        shape *= day % 7 >= 5 ? 0.86 : 1.0
        heating = 0.012 * max(0.0, 16 - temperature[i])
        load[i] = megawatts * (shape + heating + mood)
        rand(random) < 0.004 && (load[i] *= 1.5 + rand(random))
    end
    return (load = load, temperature = temperature)
end
