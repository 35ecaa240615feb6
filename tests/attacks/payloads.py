"""Thousands of texts meant to be run by something: SQL, templates, patterns, paths; drawn by a seed, each once."""

from __future__ import annotations

from random import Random

SQL = (
    "'", "''", "' OR '1'='1", "' OR 1=1 --", '" OR ""="', "'; DROP TABLE segments; --", "1; SELECT pg_sleep(60)",
    "' UNION SELECT external_key FROM contacts --", "') OR (SELECT count(*) FROM contacts) > 0 --",
    "(SELECT pg_read_file('/etc/passwd'))", "query_to_xml('SELECT 1', true, true, '')",
    "dblink('dbname=postgres', 'SELECT 1')", "lo_import('/etc/passwd')", "current_setting('app.organization')",
    "set_config('app.organization', '2', false)", "'; SET ROLE segment_owner; --", "RESET ROLE",
    "'; COPY contacts TO PROGRAM 'id'; --", "$$ || pg_sleep(60) || $$", "$1", "$2::integer", ":organization",
    ":organization_id", "%s", "%(organization)s", "%%", "?", "E'\\'", "U&'\\0027'", "\\'; SELECT 1 --", "\\", "\\\\",
    "' AND 1=CAST((SELECT version()) AS integer) --", "1/0", "'||(SELECT 1)||'", "*/ OR 1=1 /*", "--", "/*", "*/",
    "organization_id", "contacts.email", '"contacts"."email"', "public.contacts", "pg_catalog.pg_class", "xmin",
    "NULL", "null::text", "ARRAY[1]", "{a,b}", '{"a"', "{", "}", "ROW(1,2)", "LIKE '%'", "~ '.*'", "SIMILAR TO '%'",
    "count(*)", "generate_series(1,1000000000)", "pg_terminate_backend(1)", "nextval('x')", "EXISTS (SELECT 1)",
)  # fmt: skip
PATTERNS = (
    "%",
    "_",
    "\\%",
    "a%b",
    "(a+)+$",
    ".*",
    "[[:alpha:]]",
    "(?<x>a)",
    "& | !",
    "a <-> b",
    ":*",
    "a:*",
    "!!",
    "^",
)
TEMPLATES = (
    '{{env "X"}}', "{{7*7}}", "${7*7}", "#{7*7}", "%(x)s", "{0.__class__}", "{self}", "<%= 7*7 %>", "{% raw %}",
    "${jndi:ldap://127.0.0.1/a}", "$(id)", "`id`", "|id", "; id", "&& id", "%n%n%n", "%x",
)  # fmt: skip
PLACES = ("../../etc/passwd", "..\\..\\x", "file:///etc/passwd", "/dev/null", "a\r\nb: c", "a\tb", "CON", "a;b.csv")
SIGNS = (
    "\u02bc OR 1=1", "\uff07 OR 1=1 --", "\u2019; --", "\u202e' --", "\u200b'\u200b", "\u00a0'\u00a0", "İ'", "ß'",
    "e\u0301'", "😀'", "\u2028'", "\u0085'",
)  # fmt: skip
CELLS = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://127.0.0.1")', "a,b", 'a"b', "a\nb")
BASES = (*SQL, *PATTERNS, *TEMPLATES, *PLACES, *SIGNS, *CELLS)
_OPENINGS = ("", "'", '"', "')", '")', "]]", "*/", "\\", "\\'", "$$", "`", "x", "' ", "'))", "%", "{")
_CLOSINGS = ("", " --", "#", "/*", ";", "'", '"', "$$", "%", " LIMIT 1", ")", "))", "\\", " AS x", "}")
_GAPS = (" ", "/**/", "\t", "  ", "\u00a0", "+")
LONGEST = 100


def payloads(count: int, *, seed: int = 1) -> tuple[str, ...]:
    """Draw so many different texts; the first ones are the plain ones, the others are bent and joined."""
    rng = Random(seed)  # noqa: S311 - made-up texts, no secret
    found: dict[str, None] = dict.fromkeys(BASES)
    while len(found) < count:
        found[_bent(rng)[:LONGEST].strip() or "'"] = None
    return tuple(found)[:count]


def _bent(rng: Random) -> str:
    text = rng.choice(BASES)
    if rng.random() < 0.3:
        text += rng.choice(BASES)
    if rng.random() < 0.4:
        text = text.replace(" ", rng.choice(_GAPS))
    if rng.random() < 0.2:
        text = "".join(letter.upper() if rng.random() < 0.5 else letter.lower() for letter in text)
    if rng.random() < 0.1:
        text = text.replace("'", "%27").replace('"', "%22")
    if rng.random() < 0.1:
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice(SIGNS)[:1] + text[place:]
    return rng.choice(_OPENINGS) + text + rng.choice(_CLOSINGS)
