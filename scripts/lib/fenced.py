"""The fenced blocks of a page in Markdown."""
import re


def blocks_of(text, kind):
    """Those whose first line is ```kind (an expression), without the fences."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, flags=re.M | re.S)


def without_blocks(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
