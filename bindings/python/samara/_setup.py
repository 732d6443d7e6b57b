"""Tells the extension module which classes values become."""

import datetime
import threading

from . import _errors, _samara, _values

_samara.setup({
    "Struct": _values.Struct, "Variant": _values.Variant, "Some": _values.Some,
    "Ref": _values.Ref, "Instant": _values.Instant, "KeyList": _values.KeyList, "Id": _values.Id,
    "errors": {**_errors.BY_CODE, "outcome": _errors.Outcome},
    "Error": _errors.Error, "TypeMismatch": _errors.TypeMismatch,
    "epoch": datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc),
    "millisecond": datetime.timedelta(milliseconds=1), "timedelta": datetime.timedelta,
    "datetime": datetime.datetime, "main_thread": threading.main_thread().ident,
})

version = _samara.version
