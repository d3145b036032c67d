"""The recipes of deploy/: each web server that is installed here, for real, before a site and its inbox.

What is asked of the recipes: the pages as docs/theming.md wants them served, the inbox by its one address, each visitor
counted as one, words rather than an error where the inbox rests. No network is needed.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from conftest import LABO, ROOT, article, build_files, dom, labo, write_site

DEPLOY = ROOT / "deploy"
PATIENCE = 30.0  # seconds: a bound for a machine that is busy, not a measure
HOST = "www.example.org"
ARTICLE = "/actualites/premier/"
SETTINGS = f"title: Essai\nbase_url: https://{HOST}\ninbox: {{pace: {{sender: 1}}}}\n"
WORKER = "/pagefind/pagefind-worker.js"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these are the servers of Unix")


class Server(NamedTuple):
    """A web server: its programs, of which one is enough, its recipe, how that is adapted, checked and started."""

    programs: tuple[str, ...]
    recipe: str
    adapted: Callable[[str, int, int, Path, Path], str]
    around: Callable[[Path, Path], str]
    check: tuple[str, ...]
    start: tuple[str, ...]

    @property
    def program(self) -> str:
        folders = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
        found = filter(None, (shutil.which(one, path=folders) for one in self.programs))
        return next(found, "")


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Return `text` with each pair's first, which must be there, replaced by its second."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def of_nginx(text: str, port: int, inbox: int, public: Path, _: Path) -> str:
    return replaced(
        text,
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:80;", ""),
        ("/srv/labo/site/public", str(public)),
        ("127.0.0.1:8025", f"127.0.0.1:{inbox}"),
    )


def around_nginx(recipe: Path, folder: Path) -> str:
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    types = next(one for one in (Path("/etc/nginx"), Path("/usr/local/etc/nginx")) if (one / "mime.types").is_file())
    temporary = "".join(f"{place}_temp_path {folder}/{place};\n" for place in places)
    return (
        f"daemon off;\nmaster_process on;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n"
        f"include {types}/mime.types;\ndefault_type application/octet-stream;\naccess_log off;\n"
        f"{temporary}include {recipe};\n}}\n"
    )


def of_caddy(text: str, port: int, inbox: int, public: Path, folder: Path) -> str:
    return replaced(
        text,
        ("{\n\tservers {", f"{{\n\tadmin off\n\tstorage file_system {folder}\n\tservers {{"),
        (f"{HOST} {{", f"http://{HOST}:{port} {{\n\tbind 127.0.0.1"),
        ("/srv/labo/site/public", str(public)),
        ("127.0.0.1:8025", f"127.0.0.1:{inbox}"),
    )


def around_caddy(recipe: Path, _: Path) -> str:
    return recipe.read_text(encoding="utf-8")


def of_apache(text: str, port: int, inbox: int, public: Path, _: Path) -> str:
    return replaced(
        text,
        ("*:80", f"127.0.0.1:{port}"),
        ("/srv/labo/site/public", str(public)),
        ("/srv/labo/site", str(public.parent)),
        ("127.0.0.1:8025", f"127.0.0.1:{inbox}"),
    )


def around_apache(recipe: Path, folder: Path) -> str:
    # What a Debian has on, and what the recipe says to turn on.
    names = "mpm_event authz_core dir mime setenvif filter reqtimeout deflate headers proxy proxy_http rewrite unixd"
    homes = [Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules"), Path("/usr/lib/httpd/modules")]
    modules = next((home for home in homes if home.is_dir()), None)
    if modules is None:
        pytest.skip("the modules of Apache are nowhere")
    files = [(name, modules / f"mod_{name}.so") for name in names.split()]  # what is not there is built in
    loads = "".join(f"LoadModule {name}_module {file}\n" for name, file in files if file.is_file())
    [address] = re.findall(r"<VirtualHost (\S+)>", recipe.read_text(encoding="utf-8"))
    user = "User nobody\n" if os.geteuid() == 0 else ""
    return (
        f"ServerRoot {folder}\nServerName {HOST}\nPidFile {folder}/pid\nErrorLog {folder}/errors\nListen {address}\n"
        f"{loads}{user}TypesConfig /etc/mime.types\n<Directory />\nRequire all denied\n</Directory>\n"
        f"DefaultRuntimeDir {folder}\nInclude {recipe}\n"
    )


SERVERS = {
    "nginx": Server(("nginx",), "nginx.conf", of_nginx, around_nginx, ("-t", "-q", "-c"), ("-c",)),
    "caddy": Server(
        ("caddy",),
        "Caddyfile",
        of_caddy,
        around_caddy,
        ("validate", "--adapter", "caddyfile", "--config"),
        ("run", "--adapter", "caddyfile", "--config"),
    ),
    "apache": Server(
        ("apache2", "httpd"), "apache.conf", of_apache, around_apache, ("-t", "-f"), ("-D", "FOREGROUND", "-f")
    ),
}


class Running(NamedTuple):
    """A web server at a port, before an inbox that is to be at another one."""

    port: int
    inbox: int

    def client(self, address: str = "127.0.0.2") -> httpx.Client:
        """Return a visitor who comes from `address`, which is not that of the proxy."""
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            transport=transport,
            headers={"Host": HOST, "Origin": f"https://{HOST}"},
            timeout=PATIENCE,
            trust_env=False,
        )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number = one.getsockname()[1]
    assert isinstance(number, int)
    return number


@contextmanager
def process(command: list[str], log: Path, port: int) -> Iterator[None]:
    """Run a server until the end of the block, once it listens at `port`."""
    with log.open("wb") as out:
        # Caddy keeps what it was told last in a folder of its user.
        environment = {**os.environ, "XDG_CONFIG_HOME": str(log.parent), "XDG_DATA_HOME": str(log.parent)}
        running = subprocess.Popen(command, stdout=out, stderr=out, cwd=log.parent, env=environment)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            assert running.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < end, log.read_text(encoding="utf-8")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(PATIENCE)


def inbox(site: Path, port: int) -> list[str]:
    return [*LABO, "inbox", "--root", str(site), "--port", str(port)]


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that a server can read which gives up being root."""
    with tempfile.TemporaryDirectory(prefix="labo-deploy-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def site(open_folder: Path) -> Path:
    files = {
        "site.yaml": SETTINGS,
        "content/actualites/premier.md": article("Premier", aliases="[/spip.php?article12, /Ancien-titre]"),
        "content/pagefind/pagefind-worker.js": "// as a build with `search: true` has it\n",
    }
    root = write_site(open_folder / "site", files)
    build_files(root, root / "public")
    return root


def written(server: Server, running: Running, site: Path, folder: Path) -> Path:
    """Write the recipe, adapted, and what stands around it; return its path."""
    recipe, whole = folder / "recipe", folder / "whole"
    text = (DEPLOY / server.recipe).read_text(encoding="utf-8")
    recipe.write_text(server.adapted(text, running.port, running.inbox, site / "public", folder), encoding="utf-8")
    whole.write_text(server.around(recipe, folder), encoding="utf-8")
    return whole


@contextmanager
def started(name: str, site: Path, above: Path) -> Iterator[Running]:
    """Run the web server of this name with its recipe; no inbox yet."""
    server, running = SERVERS[name], Running(free_port(), free_port())
    if not server.program:
        pytest.skip(f"{name} is not installed")
    with tempfile.TemporaryDirectory(dir=above) as folder:
        Path(folder).chmod(0o755)
        whole = written(server, running, site, Path(folder))
        with process([server.program, *server.start, str(whole)], Path(folder) / "log", running.port):
            yield running


@pytest.fixture(scope="module", params=SERVERS)
def running(request: pytest.FixtureRequest, site: Path, open_folder: Path) -> Iterator[Running]:
    """A web server with its recipe, and the inbox behind it."""
    with ExitStack() as stack:
        found = stack.enter_context(started(request.param, site, open_folder))
        stack.enter_context(process(inbox(site, found.inbox), open_folder / "inbox.log", found.inbox))
        yield found


@pytest.mark.parametrize("name", SERVERS)
def test_the_server_reads_its_recipe(name: str, site: Path, open_folder: Path) -> None:
    server = SERVERS[name]
    if not server.program:
        pytest.skip(f"{name} is not installed")
    with tempfile.TemporaryDirectory(dir=open_folder) as folder:
        whole = written(server, Running(free_port(), free_port()), site, Path(folder))
        command = [server.program, *server.check, str(whole)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\bwarn", done.stderr, re.IGNORECASE), done.stderr


def test_pages_are_served_as_the_theme_wants_it(running: Running) -> None:
    with running.client() as visitor:
        page = visitor.get(ARTICLE)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-encoding"] == "gzip"
        assert page.headers.get_list("content-security-policy") == [
            "default-src 'self'; base-uri 'self'; frame-ancestors 'self'"
        ]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert page.headers.get_list("cache-control") == ["no-cache"]
        again = visitor.get(ARTICLE, headers={"If-Modified-Since": page.headers["last-modified"]})
        assert again.status_code == 304
        [style] = re.findall(r'href="(/assets/[0-9a-f]{10}/style\.css)"', page.text)
        kept = visitor.get(style)
        assert kept.status_code == 200
        assert kept.headers["content-encoding"] == "gzip"
        assert "max-age=31536000" in ", ".join(kept.headers.get_list("cache-control"))
        assert "no-cache" not in ", ".join(kept.headers.get_list("cache-control"))
        worker = visitor.get(WORKER)
        assert worker.headers.get_list("content-security-policy") == [
            "connect-src 'self'; script-src 'wasm-unsafe-eval'"
        ]


def test_old_and_unknown_addresses_lead_where_the_site_says(running: Running) -> None:
    with running.client() as visitor:
        old = visitor.get("/spip.php?article12")
        assert old.status_code in (301, 308)
        assert old.headers["location"].endswith("/spip.php/?article12")
        assert ARTICLE in visitor.get("/spip.php/?article12").text
        assert ARTICLE in visitor.get("/Ancien-titre/").text
        unknown = visitor.get("/nulle-part/")
        assert unknown.status_code == 404
        assert unknown.text == visitor.get("/404.html").text
        assert unknown.headers["content-security-policy"].startswith("default-src 'self'")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/inbox/http/metrics", "/inbox/healthz", "/inbox/../metrics"])
def test_what_is_for_the_machine_is_not_shown(running: Running, path: str) -> None:
    assert httpx.get(f"http://127.0.0.1:{running.inbox}/metrics", trust_env=False).status_code == 200
    with running.client() as visitor:
        answer = visitor.get(path)
        assert answer.status_code in (400, 404)
        assert "labo_inbox" not in answer.text
        assert "messages are kept" not in answer.text


def send(visitor: httpx.Client, words: str, said: str = "") -> httpx.Response:
    """Write a message into the form of the article, look at the preview and confirm it; return the last answer."""
    forwarded = {"X-Forwarded-For": said} if said else {}
    form = next(one for one in dom(visitor.get(ARTICLE).content).iter("form") if one.get("id") == "postez")
    fields = {one.get("name", ""): one.get("value", "") for one in form.iter("input")}
    fields |= {"author": "Jeanne", "text": words}
    action = form.get("action", "")
    preview = visitor.post(action, data=fields, headers=forwarded)
    assert preview.status_code == 200, preview.text
    [token] = re.findall(r'name="token" value="([^"]+)"', preview.text)
    return visitor.post(action, data={**fields, "token": token}, headers=forwarded)


def test_a_message_is_kept_and_each_visitor_is_counted_as_one(running: Running, site: Path) -> None:
    pending = site / "comments/pending"
    before = set(pending.rglob("*.md"))
    with running.client("127.0.0.2") as one, running.client("127.0.0.3") as other:
        first = send(one, f"Un premier message, par {running.port}.")
        assert first.status_code == 201
        assert len(first.headers.get_list("content-security-policy")) == 1
        assert first.headers["cache-control"] == "no-store"
        assert first.headers["x-robots-tag"] == "noindex"
        again = send(one, f"Un deuxième message, par {running.port}.", said="198.51.100.7")
        assert again.status_code == 429, "the word of a visitor on where they are was believed"
        assert send(other, f"Un message de quelqu’un d’autre, par {running.port}.").status_code == 201
    new = sorted(set(pending.rglob("*.md")) - before)
    assert len(new) == 2
    assert all("127.0.0" not in path.read_text(encoding="utf-8") for path in new)


def test_what_is_too_long_is_refused_in_words(running: Running) -> None:
    with running.client() as visitor:
        answer = visitor.post("/inbox/", data={"article": "premier", "author": "Jeanne", "text": "mot " * 7_500})
        assert answer.status_code == 422
        assert "20 000 caractères au plus" in re.sub(r"[\s\u202f]+", " ", answer.text) or "trop long" in answer.text
        assert "mot mot mot" in answer.text, "what was typed is given back"
        for number in (25_000, 40_000, 1_000_000):
            answer = visitor.post("/inbox/", data={"text": "mot " * number})
            assert answer.status_code == 413
            assert "Le message est trop long" in answer.text


@pytest.mark.parametrize("name", SERVERS)
def test_an_inbox_that_rests_is_told_in_words_and_is_back_at_once(name: str, site: Path, open_folder: Path) -> None:
    with started(name, site, open_folder) as running, running.client() as visitor:
        answer = visitor.post("/inbox/", data={"article": "premier", "text": "Un message."})
        assert answer.status_code == 503
        assert answer.headers["content-type"].startswith("text/html")
        assert "ce que vous avez saisi est encore dans le formulaire" in answer.text
        assert visitor.get(ARTICLE).status_code == 200
        with process(inbox(site, running.inbox), open_folder / f"{name}.log", running.inbox):
            assert visitor.get("/inbox/").status_code == 200


UNITS = ["labo-inbox.service", "labo-site.service", "labo-site.timer"]


def commands() -> list[list[str]]:
    """Return the words of each command of `labo` in the units and the Dockerfile."""
    found = []
    for unit in UNITS:
        text = (DEPLOY / unit).read_text(encoding="utf-8").replace("\\\n", " ")
        found += [shlex.split(line) for line in re.findall(r"^ExecStart=(.*)", text, re.MULTILINE)]
    found += [re.findall(r'"([^"]*)"', line) for line in re.findall(r"^CMD (.*)", dockerfile(), re.MULTILINE)]
    ours = [words for words in found if any(word.endswith("/labo") for word in words)]
    return [words[next(at for at, word in enumerate(words) if word.endswith("/labo")) + 1 :] for words in ours]


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_units_and_image_run_commands_that_exist() -> None:
    assert [words[0] for words in commands()] == ["inbox", "build", "inbox"]
    for name, *words in commands():
        told = labo(name, "--help")
        assert told.returncode == 0
        options = set(re.findall(r"--[a-z-]+", told.stdout))
        assert [word for word in words if word.startswith("--") and word not in options] == []


def test_units_run_as_one_user_on_one_folder() -> None:
    texts = [(DEPLOY / unit).read_text(encoding="utf-8") for unit in UNITS[:2]]
    for key in ("User", "WorkingDirectory", "ProtectSystem"):
        values = {re.findall(rf"^{key}=(.*)", text, re.MULTILINE)[0] for text in texts}
        assert len(values) == 1


def test_the_units_are_read_by_systemd(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    program = tmp_path / "labo"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    for unit in UNITS:
        text = (DEPLOY / unit).read_text(encoding="utf-8")
        text = text.replace("/srv/labo/venv/bin/labo", str(program)).replace("/srv/labo/site", str(tmp_path))
        (tmp_path / unit).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", *(str(tmp_path / unit) for unit in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    told = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (told, done.returncode) == ([], 0), done.stderr


def test_the_image_copies_what_is_there_and_takes_nothing_from_named_registries() -> None:
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile(), re.MULTILINE):
        assert [name for name in line.split() if not (ROOT / name).exists()] == []
    assert set(re.findall(r"^FROM (\S+)", dockerfile(), re.MULTILINE)) == {"python:3.11-slim-bookworm"}
    assert "USER labo" in dockerfile()
