"""Tells the extension module which classes values become."""

import _thread
import datetime
import sys

from . import _errors, _samara, _values



def _main_thread():
    threading = sys.modules.get("threading")  # not imported for this alone
    return _thread.get_ident() if threading is None else threading.main_thread().ident


_samara.setup({
    "Struct": _values.Struct, "Variant": _values.Variant, "Some": _values.Some,
    "Ref": _values.Ref, "Instant": _values.Instant, "KeyList": _values.KeyList, "Id": _values.Id,
    "errors": {**_errors.BY_CODE, "outcome": _errors.Outcome},
    "Error": _errors.Error, "TypeMismatch": _errors.TypeMismatch,
    "epoch": datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc),
    "millisecond": datetime.timedelta(milliseconds=1), "timedelta": datetime.timedelta,
    "datetime": datetime.datetime, "main_thread": _main_thread(),
})

version = _samara.version
