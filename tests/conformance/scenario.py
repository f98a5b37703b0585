"""An hour with the server in a minute: what a client asks of it, as far as both sides have declared it.

What the server declares decides what is asked, so the scenario grows with it; a capability that is not spoken of here is
an error.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from conformance.client import Client, Json, RequestFailed
from conformance.declared import Declared

FILES = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['fastapi']\n",
    "mail.py": "async def send(address: str) -> None: ...\n",
    "events.py": (
        'from mail import send\n\n\ndef record(address: str) -> None:\n    "🦉"; send(address)\n\n\n'
        "async def remind(address: str) -> None:\n    send(address)\n"
    ),
    "users.py": (
        "from events import record\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        '@app.post("/users")\nasync def register(address: str):\n    record(address)\n'
    ),
}
MAIN, FOUND = "events.py", "send(address)"
CAPABILITIES = {
    "codeActionProvider",
    "diagnosticProvider",
    "executeCommandProvider",
    "hoverProvider",
    "positionEncoding",
    "textDocumentSync",
    "workspace",
}
UNITS = {"utf-8": lambda t: len(t.encode()), "utf-16": lambda t: len(t.encode("utf-16-le")) // 2, "utf-32": len}


class Scenario:
    """One client with its server, in a folder of its own. `edits` are those of all code actions."""

    def __init__(self, profile: Json, folder: Path) -> None:
        self.profile = profile
        self.declared = Declared(profile["capabilities"])
        self.folder = folder
        self.client = Client({"ignore": []})
        self.edits: list[Json] = []
        for name, text in FILES.items():
            (folder / name).write_text(text, encoding="utf-8")

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def document(self, name: str = MAIN) -> Json:
        return {"uri": self.uri(name)}

    def offers(self, provider: str) -> Any:
        return self.capabilities.get(provider)

    async def play(self, command: list[str]) -> int:
        """All of it. Returns the server's status."""
        await self.client.start(command)
        await self.begin()
        await self.write()
        await self.ask_for_workspace()
        await self.look()
        await self.act()
        await self.save()
        await self.configure()
        await self.move_files()
        await self.go_wrong()
        return await self.leave()

    async def begin(self) -> None:
        root = self.folder.as_uri()
        params: Json = {"processId": os.getpid(), "rootUri": root, "trace": "off", **self.profile}
        if self.declared.has("workspace.workspaceFolders"):
            params["workspaceFolders"] = [{"uri": root, "name": "shop"}]
        if self.declared.has("window.workDoneProgress"):
            params["workDoneToken"] = "beginning"
        answer = await self.client.request("initialize", params)
        self.capabilities: Json = answer["capabilities"]
        assert self.capabilities.keys() <= CAPABILITIES, "the scenario speaks of everything that is offered"
        self.units = UNITS[self.capabilities.get("positionEncoding", "utf-16")]
        self.client.notify("initialized", {})
        self.client.notify("$/setTrace", {"value": "verbose"})

    async def write(self) -> None:
        """Open a file, and put a line before all others."""
        item = {**self.document(), "languageId": "python", "version": 1, "text": FILES[MAIN]}
        self.client.notify("textDocument/didOpen", {"textDocument": item})
        await self.diagnostics(1)
        top = {"line": 0, "character": 0}
        change = {"range": {"start": top, "end": top}, "text": "# sends mail\n"}
        document = {**self.document(), "version": 2}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        self.diagnostic, _ = await self.diagnostics(2)

    async def diagnostics(self, version: int | None, count: int = 2, since: int = 0) -> list[Json]:
        """Those of the open file, as soon as so many are published for a version of it, or answered now."""
        if self.offers("diagnosticProvider"):
            return await self.asked_for(count)

        def is_it(said: Json) -> bool:
            is_this = (said["uri"], said.get("version")) == (self.uri(MAIN), version)
            return is_this and len(said["diagnostics"]) == count

        return (await self.client.hear("textDocument/publishDiagnostics", is_it, since))["diagnostics"]

    async def asked_for(self, count: int) -> list[Json]:
        """Ask for diagnostics until there are so many, again whenever the server wants it."""
        params = {"identifier": self.offers("diagnosticProvider")["identifier"], "textDocument": self.document()}
        while True:
            since = len(self.client.heard)
            report = await self.client.request("textDocument/diagnostic", params)
            if len(report["items"]) == count:
                break
            await self.client.hear("workspace/diagnostic/refresh", lambda _: True, since)
        again = await self.client.request("textDocument/diagnostic", {**params, "previousResultId": report["resultId"]})
        assert again == {"kind": "unchanged", "resultId": report["resultId"]}
        return report["items"]

    async def ask_for_workspace(self) -> None:
        """Ask for the report, with and without parts of it coming first, and think better of it when nothing is new."""
        options = self.offers("diagnosticProvider") or {}
        if not options.get("workspaceDiagnostics"):
            return
        params = {"identifier": options["identifier"], "previousResultIds": []}
        (report,) = (await self.client.request("workspace/diagnostic", params))["items"]
        since = len(self.client.heard)
        assert await self.client.request("workspace/diagnostic", {**params, "partialResultToken": "one"}) == {
            "items": []
        }
        said = await self.client.hear("$/progress", lambda p: p["token"] == "one", since)
        assert said["value"]["items"] == [report]
        params["previousResultIds"] = [{"uri": report["uri"], "value": report["resultId"]}]
        number, answer = self.client.ask("workspace/diagnostic", {**params, "partialResultToken": "two"})
        self.client.notify("$/cancelRequest", {"id": number})
        assert "error" in await answer

    def underlined(self) -> str:
        """The text in the range of the finding, in the units that were agreed on."""
        start, end = self.diagnostic["range"]["start"], self.diagnostic["range"]["end"]
        line = f"# sends mail\n{FILES[MAIN]}".splitlines()[start["line"]]
        columns = {self.units(line[:column]): column for column in range(len(line) + 1)}
        return line[columns[start["character"]] : columns[end["character"]]]

    async def look(self) -> None:
        if self.offers("hoverProvider"):
            at = {"textDocument": self.document(), "position": self.diagnostic["range"]["start"]}
            self.hover = await self.client.request("textDocument/hover", at)
            away = {"textDocument": self.document(), "position": {"line": 0, "character": 0}}
            assert await self.client.request("textDocument/hover", away) is None

    async def act(self) -> None:
        """Ask for the actions at the finding, of every kind and of each, and for what is in them."""
        options = self.offers("codeActionProvider")
        kinds = options.get("codeActionKinds", []) if isinstance(options, dict) else []
        for only in [None, *([kind] for kind in kinds)]:
            context = {"diagnostics": [self.diagnostic]} | ({} if only is None else {"only": only})
            params = {"textDocument": self.document(), "range": self.diagnostic["range"], "context": context}
            for action in await self.client.request("textDocument/codeAction", params) or []:
                await self.take(action)
        commands = self.offers("executeCommandProvider") or {"commands": []}
        for command in [*commands["commands"], "nobody/knows/this"]:
            for argument in (self.uri(MAIN), self.diagnostic["code"]):
                await self.try_to("workspace/executeCommand", {"command": command, "arguments": [argument]})

    async def take(self, action: Json) -> None:
        """Resolve an action and execute its command; its edit is looked at and not made."""
        command = action.get("command")
        if isinstance(command, str):
            await self.try_to("workspace/executeCommand", {k: v for k, v in action.items() if k != "title"})
            return
        if "edit" not in action and self.declared.has("textDocument.codeAction.resolveSupport"):
            action = await self.client.request("codeAction/resolve", action)
        if "edit" in action:
            self.edits.append(action["edit"])
        if command is not None:
            await self.try_to("workspace/executeCommand", {k: v for k, v in command.items() if k != "title"})

    async def try_to(self, method: str, params: Json) -> None:
        """Ask for what may be refused; the checker looks at the refusal."""
        try:
            await self.client.request(method, params)
        except RequestFailed as failed:
            assert isinstance(failed.args[0], dict)

    async def save(self) -> None:
        (self.folder / MAIN).write_text(f"# sends mail\n{FILES[MAIN]}", encoding="utf-8")
        self.client.notify("textDocument/didSave", {"textDocument": self.document()})

    async def configure(self) -> None:
        """Ignore the rule, and think better of it, each told by all the ways there are."""
        for ignored, count in ((["missing-await"], 0), ([], 2)):
            since = len(self.client.heard)
            self.client.settings = {"ignore": ignored}
            self.client.notify("workspace/didChangeConfiguration", {"settings": {"apitfall": self.client.settings}})
            await self.diagnostics(2, count, since)

    async def move_files(self) -> None:
        """Rename a file, and tell what changed on disk."""
        old, new = self.uri("users.py"), self.uri("people.py")
        params = {"files": [{"oldUri": old, "newUri": new}]}
        if self.handles("workspace/willRenameFiles", "willRename"):
            await self.client.request("workspace/willRenameFiles", params)
        (self.folder / "users.py").rename(self.folder / "people.py")
        if self.handles("workspace/didRenameFiles", "didRename"):
            self.client.notify("workspace/didRenameFiles", params)
        if "workspace/didChangeWatchedFiles" in self.client.registered:
            changes = [{"uri": old, "type": 3}, {"uri": new, "type": 1}, {"uri": self.uri("mail.py"), "type": 2}]
            self.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        folders = (self.offers("workspace") or {}).get("workspaceFolders") or {}
        if folders.get("changeNotifications") and self.declared.has("workspace.workspaceFolders"):
            root = {"uri": self.folder.as_uri(), "name": "shop"}
            for event in ({"added": [], "removed": [root]}, {"added": [root], "removed": []}):
                self.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def handles(self, method: str, name: str) -> bool:
        """Whether the server wants to know of an operation on files, from the beginning or since it registered it."""
        operations = (self.offers("workspace") or {}).get("fileOperations") or {}
        return method in self.client.registered or (
            name in operations and self.declared.has(f"workspace.fileOperations.{name}")
        )

    async def go_wrong(self) -> None:
        """Ask for what is not offered, ask and think better of it, and ask of a document that is not open."""
        await self.try_to("textDocument/documentSymbol", {"textDocument": self.document()})
        at = {"position": {"line": 0, "character": 0}}
        number, answer = self.client.ask("textDocument/hover", {"textDocument": self.document(), **at})
        self.client.notify("$/cancelRequest", {"id": number})
        await answer
        await self.try_to("textDocument/hover", {"textDocument": self.document("nowhere.py"), **at})

    async def leave(self) -> int:
        self.client.notify("textDocument/didClose", {"textDocument": self.document()})
        await self.diagnostics(None, 0)
        await self.client.request("shutdown")
        self.client.send({"method": "exit"})
        return await self.client.end()
