"""What a page weighs and how soon it is there: the demo site in Chromium, as a phone and as a desk see it.

First the weight, images apart, as files and as gzip sends them; then times, in medians of some runs. Each run is a
first visit, scrolled to the bottom so that lazy images count. A phone has a slow processor and a slow network; nothing
is compressed on the way, so a real host is faster. Shifts are summed over the whole visit. Run it on a quiet machine:

    python bench/page.py
    python bench/page.py --runs 9 --site public
"""

import argparse
import gzip
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Request, sync_playwright

from labo_ssg.build.build import build

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "tools"))
import chromium  # noqa: E402 # it lives among the tools

PTCE = "/le-labo-de-l-ess/on-parle-de-nous/ptce-elements-de-diagnostic/"
PAGES = {"home": "/", "PTCE": PTCE, "section": "/territoires/", "search": "/recherche/"}
BUDGETS = {"PTCE": 60_000}  # bytes, images apart, before compression
KINDS = {"document": "html", "stylesheet": "css", "script": "js"}  # all else but images is "other"

Figures = dict[str, float]  # of one page on one device

# Lighthouse's slow 4G, as the developer tools apply it to each request: milliseconds, bytes a second.
SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 184_320, "uploadThroughput": 84_375}
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {"screen": (390, 844), "slower": 4, "network": SLOW_4G},
    "desk": {"screen": (1280, 900), "slower": 1, "network": None},
}

# Each image is waited for where it comes into sight: the next may shift only what is seen by then.
SCROLL = """async () => {
  const pause = (ms) => new Promise((then) => setTimeout(then, ms));
  const awaited = (image) => {
    const { top, bottom, height } = image.getBoundingClientRect();
    return !image.complete && height > 0 && bottom > 0 && top < innerHeight;
  };
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo({ top: y, behavior: "instant" });
    await pause(100);
    for (let tries = 100; tries && [...document.images].some(awaited); tries -= 1) await pause(100);
  }
}"""
READ = """async () => {
  const seen = { paint: [], "largest-contentful-paint": [], "layout-shift": [], longtask: [] };
  for (const type of Object.keys(seen)) {
    new PerformanceObserver((list) => seen[type].push(...list.getEntries())).observe({ type, buffered: true });
  }
  await new Promise((then) => setTimeout(then, 200));
  const sum = (numbers) => numbers.reduce((before, one) => before + one, 0);
  return {
    first: seen.paint.find((one) => one.name === "first-contentful-paint")?.startTime ?? 0,
    largest: seen["largest-contentful-paint"].at(-1)?.startTime ?? 0,
    shift: sum(seen["layout-shift"].filter((one) => !one.hadRecentInput).map((one) => one.value)),
    tasks: seen.longtask.length,
    blocking: sum(seen.longtask.map((one) => one.duration - 50)),
    elements: document.querySelectorAll("*").length,
  };
}"""


def visit(browser: Browser, host: str, path: str, device: dict[str, Any]) -> Figures:
    """Return the figures of one first visit."""
    width, height = device["screen"]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": device["slower"]})
    if device["network"]:
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", device["network"])
    page.goto(host + path, wait_until="networkidle", timeout=120_000)
    largest = page.evaluate(READ)["largest"]  # scrolling would bring larger ones
    page.evaluate(SCROLL)
    figures: Figures = page.evaluate(READ) | weigh(asked) | {"largest": largest}
    figures["foreign"] = sum(not one.url.startswith((f"{host}/", "data:")) for one in asked)
    context.close()
    return figures


def weigh(asked: list[Request]) -> dict[str, int]:
    """Return the bytes of what was asked for, images apart, by kind."""
    weights = dict.fromkeys([*KINDS.values(), "other", "gzip"], 0)
    images = 0
    for request in asked:
        response = request.response()
        if response and response.headers.get("content-type", "").startswith("image/"):
            images += 1
        elif response and response.ok:
            body = response.body()
            weights[KINDS.get(request.resource_type, "other")] += len(body)
            weights["gzip"] += len(gzip.compress(body))
    return weights | {"total": sum(weights.values()) - weights["gzip"], "requests": len(asked), "images": images}


def measure(site: Path, runs: int) -> dict[str, dict[str, Figures]]:
    """Return the figures of each page that the site has, by page and device: medians of `runs` visits."""
    found: dict[str, dict[str, Figures]] = {}
    with chromium.serve(site) as host, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for name, path in PAGES.items():
            if not (site / path.strip("/") / "index.html").is_file():
                print(f"The site has no {name} page at {path}: it is left out.", file=sys.stderr)
                continue
            found[name] = {}
            for device, conditions in DEVICES.items():
                visits = [visit(browser, host, path, conditions) for _ in range(runs)]
                found[name][device] = {key: median(one[key] for one in visits) for key in visits[0]}
        browser.close()
    return found


def show(found: dict[str, dict[str, Figures]], runs: int) -> None:
    """Print the figures as two tables, and what they say of the budget."""
    weights = ("html", "css", "js", "other", "total", "gzip", "requests", "images", "foreign", "elements")
    print(f"{'bytes':<10}" + "".join(f"{name:>10}" for name in weights))
    for name, devices in found.items():
        print(f"{name:<10}" + "".join(f"{devices['desk'][key]:>10,.0f}" for key in weights))
    times = {"first": "first", "largest": "largest", "blocking": "blocking", "tasks": "long tasks"}
    print(f"\n{f'medians of {runs}':<16}" + "".join(f"{word:>12}" for word in times.values()) + f"{'shift':>12}")
    for name, devices in found.items():
        for device, figures in devices.items():
            cells = "".join(f"{figures[key]:>9,.0f} {'' if key == 'tasks' else 'ms':<2}" for key in times)
            print(f"{name:<10}{device:<6}{cells}{figures['shift']:>12.4f}")
    print()
    for name, budget in BUDGETS.items():
        if name in found:
            total = found[name]["desk"]["total"]
            word = "under" if total <= budget else "over"
            gap = f"{abs(budget - total):,.0f} {word} the budget of {budget:,}"
            print(f"{name}: {total:,.0f} bytes before compression, {gap}")
    foreign = sum(figures["foreign"] for devices in found.values() for figures in devices.values())
    print(f"third-party requests: {foreign:,.0f}" if foreign else "no third-party request")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="visits of each page as each device (default: 5)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--site", type=Path, help="a built site, instead of the demo")
    options = parser.parse_args()
    if options.runs < 1 or (options.site and not options.site.is_dir()):
        parser.error("--runs wants 1 or more, --site a folder")
    with tempfile.TemporaryDirectory() as folder:
        site = options.site or Path(folder)
        if not options.site:
            report = build(ROOT, site, now=datetime.now(UTC), drafts=False)
            if report.problems:
                sys.exit("\n".join(map(str, report.problems)))
        found = measure(site, options.runs)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        show(found, options.runs)


if __name__ == "__main__":
    main()
