"""What the inbox counts, without a word of anybody: the only importer of prometheus_client."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

TYPE = CONTENT_TYPE_LATEST
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where several processes count together


class Metrics:
    """The counters of an inbox."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "labo_inbox_answers", "Requests by what became of them", ["outcome"], registry=self._registry
        )
        self._seconds = Histogram("labo_inbox_seconds", "Seconds that an answer took", registry=self._registry)
        self._problems = Gauge(
            "labo_inbox_site_problems", "Problems of the site's files", registry=self._registry, multiprocess_mode="max"
        )

    def count(self, outcome: str, seconds: float) -> None:
        """Count an answer."""
        self._answers.labels(outcome).inc()
        self._seconds.observe(seconds)

    def set_problems(self, number: int) -> None:
        self._problems.set(number)

    def text(self) -> bytes:
        """Return all counters in the format of Prometheus."""
        registry = self._registry
        if os.environ.get(FOLDER):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
