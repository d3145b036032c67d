"""The log of the inbox: a line of JSON for each event, with nothing of a person in it."""

import json
import logging
from datetime import UTC, datetime

NAME = "labo_ssg.inbox"
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
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def to_stderr() -> None:
    """Have what is logged printed to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    for name in (NAME, "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
