"""Pelican's site of bench/build.py, with the comments of minchin-pelican-plugins-static-comments."""

SITENAME = "Banc d'essai"
SITEURL = "https://banc.example"
DEFAULT_LANG = "fr"
TIMEZONE = "UTC"
LOCALE = "C.UTF-8"
PATH = "content"
OUTPUT_PATH = "public"
STATIC_PATHS: list[str] = []
PAGE_PATHS: list[str] = []
PATH_METADATA = r"(?P<top>[^/]+)/(?P<leaf>[^/]+)/(?P<slug>[^/]+)\.md"
MARKDOWN = {"extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.meta": {}}}

THEME = "theme"
DIRECT_TEMPLATES = ["index", "tags", "sitemap"]
SITEMAP_SAVE_AS = "sitemap.xml"
ARTICLE_URL, ARTICLE_SAVE_AS = "{top}/{leaf}/{slug}/", "{top}/{leaf}/{slug}/index.html"
TAG_URL, TAG_SAVE_AS = "tags/{slug}/", "tags/{slug}/index.html"
TAGS_SAVE_AS = "tags/index.html"
CATEGORY_SAVE_AS = AUTHOR_SAVE_AS = CATEGORIES_SAVE_AS = AUTHORS_SAVE_AS = ARCHIVES_SAVE_AS = ""
PAGINATED_TEMPLATES = {"tag": None, "section": None}
DEFAULT_PAGINATION = 10
PAGINATION_PATTERNS = [
    (1, "{url}", "{save_as}"),
    (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
]
FEED_ALL_RSS, FEED_MAX_ITEMS = "index.xml", 20
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None

PLUGIN_PATHS = ["plugins"]
PLUGINS = ["minchin.pelican.plugins.static_comments", "sections"]
PELICAN_COMMENT_SYSTEM = True
PELICAN_COMMENT_SYSTEM_FEED = PELICAN_COMMENT_SYSTEM_FEED_ALL = None
ARTICLE_EXCLUDES = ["comments"]

CACHE_CONTENT = LOAD_CONTENT_CACHE = True
CONTENT_CACHING_LAYER = "generator"
CHECK_MODIFIED_METHOD = "mtime"
CACHE_PATH = ".cache"
