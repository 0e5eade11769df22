"""How the demo looks: plain text, with a little colour where somebody reads along."""
import os
import re
import sys
import textwrap

_COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
_CODES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "wrong": "7;31"}
_SECTIONS = iter(range(1, 100))
WIDTH = 100


def tint(text, style):
    return f"\033[{_CODES[style]}m{text}\033[0m" if _COLOUR else text


def line(text=""):
    print(text, flush=True)


def section(title):
    line()
    line(tint(f"{next(_SECTIONS)}. {title}", "bold"))
    line()


def say(text):
    """A paragraph, whatever its lines were."""
    line(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent="   ", subsequent_indent="   "))


def remark(text):
    line(tint(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=" " * 7, subsequent_indent=" " * 7), "dim"))


def code(text, indent="   "):
    """Lines as a program wrote them; one that is too long is cut, and shows that it is."""
    for each in text.rstrip("\n").expandtabs(2).splitlines():
        line(indent + tint(each if len(each) <= 150 else each[:147] + "...", "dim"))


def command(text):
    line("   " + tint("$ " + text, "bold"))


def verdict(is_open, wanted, denied="-"):
    """One word; a wrong one is shouted."""
    word = "open" if is_open else denied
    if wanted != is_open:
        return tint(word + "!", "wrong")
    return tint(word, "green" if is_open else "red")


def columns(rows, gaps=2):
    """Rows of cells, aligned. Colours take no room."""
    width = [max(len(_bare(row[i])) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        line("   " + (" " * gaps).join(cell + " " * (w - len(_bare(cell))) for cell, w in zip(row, width)).rstrip())


def _bare(cell):
    return re.sub(r"\033\[[0-9;]*m", "", cell)
