"""Where a new file is written on the forge that holds a site's sources.

None of the three documents it in full. GitHub: the whole path stands in `filename`, for it forgets the last folder
of an address (github.com/isaacs/github/issues/1527). Gitea, and Forgejo after it: github.com/go-gitea/gitea/pull/16556.
GitLab: `file_name`; its editor leaves `content` aside for now (gitlab.com/gitlab-org/gitlab/-/work_items/594214), so
whoever is sent there must also be shown what to paste.
"""

from urllib.parse import quote

from labo_ssg.model import Repository


def new_file(repository: Repository, path: str, text: str) -> str:
    """Return the address at which the file at `path` of the site is begun with `text`, on a forge that is known."""
    url, branch = repository.url, quote(repository.branch)
    path = f"{repository.folder}/{path}" if repository.folder else path
    if repository.forge == "github":
        return f"{url}/new/{branch}?filename={_quoted(path)}&value={_quoted(text)}"
    if repository.forge == "gitlab":
        return f"{url}/-/new/{branch}?file_name={_quoted(path)}&content={_quoted(text)}"
    folder, _, name = path.rpartition("/")
    return f"{url}/_new/{branch}/{quote(folder)}?filename={_quoted(name)}&value={_quoted(text)}"


def _quoted(text: str) -> str:
    return quote(text, safe="")
