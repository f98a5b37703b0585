"""A person who types, as the texts that an editor has in between."""

from __future__ import annotations


class Typist:
    """`texts` are those after each keystroke. The editor indents like the line above, and closes nothing by itself."""

    def __init__(self, text: str) -> None:
        self.texts = [text]
        self.at = 0

    @property
    def text(self) -> str:
        return self.texts[-1]

    def replace(self, start: int, end: int, text: str) -> None:
        self.texts.append(self.text[:start] + text + self.text[end:])
        self.at = start + len(text)

    def before(self, mark: str) -> None:
        """Put the cursor before the first `mark`."""
        self.at = self.text.index(mark)

    def behind(self, mark: str) -> None:
        self.at = self.text.index(mark) + len(mark)

    def type(self, keys: str) -> None:
        for key in keys:
            self.replace(self.at, self.at, key)

    def enter(self) -> None:
        """A new line, as deep as this one, and deeper behind a colon."""
        line = self.text[self.line_start : self.at]
        indent = line[: len(line) - len(line.lstrip())]
        self.replace(self.at, self.at, "\n" + indent + "    " * line.rstrip().endswith(":"))

    def lines(self, *lines: str) -> None:
        """Lines typed one by one; each `<` before one is a step out."""
        for line in lines:
            self.enter()
            for _ in range(len(line) - len(line.lstrip("<"))):
                self.erase(4)
            self.type(line.lstrip("<"))

    def erase(self, count: int) -> None:
        """Backspace, held for `count` spaces of one step of indentation, or pressed so often."""
        if self.text[self.at - count : self.at].isspace():
            self.replace(self.at - count, self.at, "")
            return
        for _ in range(count):
            self.replace(self.at - 1, self.at, "")

    def paste(self, text: str) -> None:
        self.replace(self.at, self.at, text)

    def undo(self, steps: int) -> None:
        self.texts += self.texts[-2 : -2 - steps : -1]

    @property
    def line_start(self) -> int:
        return self.text.rfind("\n", 0, self.at) + 1

    @property
    def line_end(self) -> int:
        """Behind the line break of the line that the cursor is in."""
        end = self.text.find("\n", self.at)
        return end + 1 if end >= 0 else len(self.text)

    def delete_lines(self, count: int) -> None:
        for _ in range(count):
            start = self.line_start
            self.replace(start, self.line_end, "")

    def each_line(self, count: int, old: str, new: str) -> None:
        """Change how each of so many lines begins, in one go, as commands of an editor do."""
        start = end = self.line_start
        for _ in range(count):
            end = self.text.index("\n", end) + 1
        lines = self.text[start:end].splitlines(keepends=True)
        self.replace(start, end, "".join(new + line.removeprefix(old) for line in lines))
        self.at = start


def session(text: str, function: str) -> list[str]:
    """Texts of a quarter of an hour at a file with a `function` (its first line), which has more than ten lines."""
    typist = Typist(text)
    type_endpoint(typist, function)
    type_strings(typist, function)
    change_lines(typist, function)
    return typist.texts


def type_endpoint(typist: Typist, function: str) -> None:
    """A new endpoint before the function's decorators, with its errors in between; pasted once more, and undone."""
    typist.before(function)
    typist.at = typist.text.rfind("\n\n", 0, typist.at) + 1
    start = typist.at
    typist.type("\n@router.put('/{name}')")
    typist.lines("async def put_thing(name: str, db: SessionDep):", "if not name:", "raise HTTPException(422)")
    typist.lines("<order = await db.get(Order, name)", "db.add(order)", "return {'id': order.id, 'of': [name]}")
    typist.enter()
    typist.erase(4)
    end = typist.at
    typist.enter()
    typist.paste(typist.text[start:end].replace("put_thing", "put_other"))
    typist.undo(3)
    typist.replace(0, len(typist.text), typist.texts[-4])


def type_strings(typist: Typist, function: str) -> None:
    """A docstring with its quotes one by one, a formatted string, and a bracket that stays open for a while."""
    typist.behind(function)
    typist.lines('"""What it does.', "", 'def is not meant here: "quoted".', '"""')
    typist.lines("label = f'{len([1, 2]):>3} {{of}} {function!r}'")
    typist.behind("label = f")
    typist.type('""')
    typist.erase(2)
    typist.behind("!r}'")
    typist.lines("items = [", "    x for x in (label, ")
    typist.lines("    )]")


def change_lines(typist: Typist, function: str) -> None:
    """A block commented out and in again, moved in and out, a rename, and the function deleted line by line."""
    typist.behind(function)
    typist.at = typist.line_end
    for old, new in [("", "# "), ("# ", ""), ("", "    "), ("    ", ""), ("    ", "")]:
        typist.each_line(3, old, new)
    typist.undo(1)
    typist.before(function)
    start = typist.text.index("def ", typist.at) + len("def ")
    typist.at = start
    typist.type("re")
    typist.erase(2)
    typist.before(function)
    typist.delete_lines(12)
