"""The log of the inbox: a line of JSON for each event, with nothing of a person in it."""

import json
import logging
import traceback
from datetime import UTC, datetime

NAME = "labo_ssg.inbox"
CHATTER = "python_multipart"  # it repeats what was sent
UNKNOWN = vars(logging.makeLogRecord({})).keys() | {"message", "asctime", "taskName", "color_message"}


class Lines(logging.Formatter):
    """Makes a line of JSON of what is logged, `extra` included."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in UNKNOWN},
        }
        if record.exc_info:
            line["traceback"] = _frames(record.exc_info[1])
        return json.dumps(line, default=str)  # in ASCII: nothing that a terminal would obey


def _frames(error: BaseException | None) -> str:
    """Return where an error happened, and its kind; what it says may be what a visitor wrote."""
    if error is None:
        return ""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    first = f"{_frames(before)}then\n" if before else ""
    return f"{first}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}\n"


def to_stderr() -> None:
    """Have what is logged printed to stderr."""
    # What no line says need not be found out (Python, Logging HOWTO, "Optimization"); where, a traceback says.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.getLogger(CHATTER).setLevel(logging.CRITICAL + 1)
    for name in (NAME, "uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
