// A person at work on the demo application. What is seen is read from the page: the letters that a wave is under, and the
// texts of menus, hovers, lists and editors.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { BUILD, Code, demo, EXTENSION, PYTHON, WHICH } from "./vscode.mjs";

const RECORDER = [PYTHON, "-I", path.join(EXTENSION, "test", "ui", "record.py"), path.join(BUILD, "traffic", WHICH), PYTHON];
// The ruler shows that the settings are in force.
const FIX_ON_SAVE = {
  "[python]": { "editor.codeActionsOnSave": { "source.fixAll.apitfall": "explicit" }, "editor.rulers": [100] },
};
const ORDERS = "shop/routers/orders.py";
const PRODUCTS = "shop/routers/products.py";
const NOTIFICATIONS = "shop/services/notifications.py";

test("a person at work", async (t) => {
  const code = await Code.start({ machine: { "apitfall.interpreter": RECORDER } });
  t.after(() => code.stop());
  const window = await code.open(demo());
  const { page } = window;
  const onDisk = (file) => readFileSync(path.join(window.folder, file), "utf8");
  const step = (name, does) => t.test(name, () => window.step(name, does));

  await step("opens the application and sees what is wrong", async () => {
    await window.ready();
    await window.goTo(ORDERS, 46, 15);
    await window.seeSquiggles("error", ["user_can_order(db, user)"]);
  });

  await step("sees in the status which server runs", async () => {
    await page.locator('.statusbar-item[id="status.languageStatus"]').hover();
    const item = page.locator(".hover-language-status", { hasText: "apitfall 0.1.0" });
    await item.waitFor();
    assert.match(await item.innerText(), /Python 3\.\d+\.\d+ \(.*\), bundled server/);
    await page.mouse.move(640, 10);
  });

  await step("sees there which application the project has, and opens it", async () => {
    await page.locator('.statusbar-item[id="status.languageStatus"]').hover();
    const item = page.locator(".hover-language-status", { hasText: "Application: shop.main:app" });
    await item.getByText("Open", { exact: true }).click();
    await page.locator('.tab.active[aria-label^="main.py"]').waitFor();
    await page.locator(".statusbar-item", { hasText: /Ln 30, Col \d+ \(3 selected\)/ }).waitFor();
    await page.mouse.move(640, 10);
  });

  await step("reads the hover", async () => {
    await window.goTo(ORDERS, 46, 15);
    await window.press("Control+k", "Control+i");
    const hover = page.locator(".monaco-hover:visible", { hasText: "missing-await" });
    await hover.getByText("a coroutine is always true").first().waitFor();
    assert.match(await hover.locator("a.code-link").getAttribute("href"), /apitfall_rules\/missing-await\.md$/);
    await window.shot("hover");
  });

  await step("follows the code to the rule's page", async () => {
    await page.locator(".monaco-hover:visible a.code-link").click();
    await seePage(window, "missing-await");
    await window.shot("page");
  });

  await step("opens the light bulb and mends it by keyboard", async () => {
    await window.goTo(ORDERS, 46, 20);
    await window.fix("Add `await`", "light-bulb");
    await window.seeText("if not await user_can_order(db, user):");
    await window.seeSquiggles("error", []);
    await window.press("Control+z");
    await window.seeSquiggles("error", ["user_can_order(db, user)"]);
  });

  await step("breaks the syntax and sees the other findings stay, and new ones come", async () => {
    await window.goTo(ORDERS, 56, 1);
    await window.press("End");
    await page.keyboard.type(" + (");
    await window.goTo(ORDERS, 47, 1);
    await window.press("End", "Enter");
    await page.keyboard.type("asyncio.sleep(1)");
    await window.seeSquiggles("error", ["user_can_order(db, user)", "asyncio.sleep(1)"]);
    assert.match(await window.text(), /return await find_order\(db, order_id, user\) \+ \(/);
    await window.command("File: Revert File");
    await window.seeSquiggles("error", ["user_can_order(db, user)"]);
  });

  await step("sees the right letters behind an emoji", async () => {
    await window.goTo("shop/services/stock.py", 51, 70);
    await window.seeSquiggles("error", ["self.on_order(product)"]);
    await window.fix("Add `await`");
    await window.seeText('f"📦 {product.name}: {product.stock} in stock, {await self.on_order(product)} on order"');
    await window.seeSquiggles("error", []);
  });

  await step("mends two files with one fix, and takes that back", async () => {
    await window.goTo(NOTIFICATIONS, 17, 8);
    await window.seeSquiggles("error", ["db.commit()"]);
    await window.fix("Make `record_event` async");
    await window.seeText("    await db.commit()");
    await window.goTo("shop/routers/users.py", 29, 5);
    await window.seeText('await record_event(db, "user.registered"');
    await window.goTo(NOTIFICATIONS, 17, 8);
    await window.press("Control+z");
    await window.seeSquiggles("error", ["db.commit()"]);
    await window.goTo("shop/routers/users.py", 29, 5);
    await window.seeText('    record_event(db, "user.registered"');
  });

  await step("follows a problem to the other file it is about", async () => {
    await window.goTo(PRODUCTS, 60, 15);
    await window.press("Control+Shift+m");
    const rows = page.locator(".markers-panel .monaco-list-row");
    const problem = rows.filter({ hasText: "`cheapest_offer` waits for `requests.get`" });
    await problem.waitFor();
    await problem.click();
    await window.press("ArrowDown", "ArrowDown");
    const related = rows.filter({ hasText: "`fetch_offers` calls `requests.get` here" });
    await related.and(page.locator(".focused")).waitFor();
    await window.shot("problems");
    await window.press("Enter");
    await page.locator('.tab.active[aria-label^="clients.py"]').waitFor();
    await page.locator(".statusbar-item", { hasText: /Ln 16, Col \d+ \(55 selected\)/ }).waitFor();
    await window.press("Control+j");
  });

  await step("asks for a rule's explanation", async () => {
    await window.command("apitfall: Explain Rule");
    const rules = page.locator(".quick-input-list .monaco-list-row");
    await rules.filter({ hasText: "blocking-http-call" }).filter({ hasText: "A synchronous HTTP call waits" }).waitFor();
    await page.keyboard.type("mutable-default");
    await rules.filter({ hasText: "mutable-default" }).and(page.locator(".focused")).waitFor();
    await window.press("Enter");
    await seePage(window, "mutable-default");
  });

  await step("fixes one file by a command", async () => {
    await window.goTo("shop/services/ordering.py", 43, 10);
    await window.seeSquiggles("error", ["self._notify(order, user)"]);
    await window.command("apitfall: Fix All in File");
    await window.seeText("await self._notify(order, user)");
    await window.seeSquiggles("error", []);
  });

  await step("fixes all files, and looks at the changes first", async () => {
    await window.command("File: Save All Files");
    await page.locator(".tab.dirty").first().waitFor({ state: "hidden" });
    await window.command("apitfall: Fix All in Workspace");
    const preview = page.locator(".bulk-edit-panel");
    const row = preview.locator(".monaco-list-row", { hasText: "orders.py" });
    await row.waitFor();
    await row.locator(".edit-checkbox").check();
    await window.shot("refactor-preview");
    assert.doesNotMatch(onDisk(ORDERS), /await user_can_order/);
    await preview.getByRole("button", { name: "Apply" }).click();
    await window.goTo(ORDERS, 46, 15);
    await window.seeText("if not await user_can_order(db, user):");
  });

  await step("makes a configuration", async () => {
    await window.command("apitfall: Create Configuration");
    await page.locator('.tab.active[aria-label^="pyproject.toml"]').waitFor();
    await window.seeText("[tool.apitfall]\n# The rules that run. Empty, or left out: all of them.\n# select = []\n");
  });

  await step("checks the workspace", async () => {
    await window.command("apitfall: Check Workspace");
    await page.locator(".notification-list-item-message", { hasText: /\d+ findings in \d+ files/ }).waitFor();
    await page.locator(".markers-panel .monaco-list-row", { hasText: "has no upper bound" }).first().waitFor();
  });

  await step("restarts the server", async () => {
    await window.command("apitfall: Restart Server");
    await window.goTo("shop/services/payments.py", 20, 22);
    await window.command("apitfall: Show Log");
    await page.locator(".output-view .view-line", { hasText: "bundled server" }).nth(1).waitFor();
  });

  await t.test("saves, and all safe fixes are made", async () => {
    const folder = demo();
    const saved = () => readFileSync(path.join(folder, PRODUCTS), "utf8");
    mkdirSync(path.join(folder, ".vscode"));
    writeFileSync(path.join(folder, ".vscode", "settings.json"), JSON.stringify(FIX_ON_SAVE));
    const other = await code.open(folder);
    await other.step("saves", async (page) => {
      await other.ready();
      await other.goTo(PRODUCTS, 38, 1);
      await other.seeSquiggles("error", ["await db.add(product)"]);
      await page.locator(".editor-instance .view-ruler").waitFor();
      await other.press("End", "Space", "Backspace");
      await page.locator(".tab.active.dirty").waitFor();
      await other.press("Control+s");
      await other.until(() => saved().includes("await asyncio.to_thread("), saved, "a fix on disk");
      assert.match(saved(), /^ {4}db\.add\(product\)$/m);
      assert.match(saved(), /^ {4}offer = await asyncio\.to_thread\(cheapest_offer, product\.sku\)$/m);
      await other.seeSquiggles("error", []);
    });
  });
});

test("a folder that is not trusted", async (t) => {
  const code = await Code.start({ isTrusted: false });
  t.after(() => code.stop());
  const folder = demo();
  const trap = path.join(folder, "trap.sh");
  const sprung = path.join(folder, "sprung");
  for (const file of [trap, path.join(folder, ".venv", "bin", "python")]) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\ntouch ${sprung}\n`, { mode: 0o755 });
  }
  writeFileSync(path.join(folder, ".venv", "pyvenv.cfg"), "");
  mkdirSync(path.join(folder, ".vscode"));
  const settings = { "apitfall.interpreter": [trap], "apitfall.path": [trap], "apitfall.importStrategy": "fromEnvironment" };
  writeFileSync(path.join(folder, ".vscode", "settings.json"), JSON.stringify(settings));

  const window = await code.open(folder);
  await window.step("restricted", async (page) => {
    await window.ready();
    await page.getByText("Restricted Mode").first().waitFor();
    await window.goTo(ORDERS, 46, 15);
    await window.seeSquiggles("error", ["user_can_order(db, user)"]);
    await window.shot("restricted");
    await window.fix("Add `await`");
    await window.seeText("if not await user_can_order(db, user):");
    assert.throws(() => readFileSync(sprung), { code: "ENOENT" });
  });
});

test("a machine without Python", async (t) => {
  const code = await Code.start({ machine: { "apitfall.interpreter": ["/no/where/python3"] } });
  t.after(() => code.stop());
  const window = await code.open(demo());
  await window.step("without-python", async (page) => {
    await window.ready();
    await window.goTo(ORDERS, 46, 15);
    const message = page.locator(".notification-toast", { hasText: "apitfall needs Python 3.10 or newer" });
    await message.waitFor();
    assert.match(await message.innerText(), /\/no\/where\/python3 was not found/);
    await window.shot("without-python");
    await message.getByRole("button", { name: "Open Settings" }).click();
    await page.locator(".settings-editor", { hasText: "The Python that runs the server" }).waitFor();
  });
});

/** The page of a rule, rendered: its heading in a frame, not its Markdown in an editor. */
async function seePage(window, rule) {
  const { page } = window;
  await page.locator(`.tab.active[aria-label*="${rule}.md"]`).waitFor();
  const headings = async () => {
    const found = await Promise.all(page.frames().map((frame) => frame.locator("h2").allInnerTexts().catch(() => [])));
    return found.flat();
  };
  await window.until(async () => (await headings()).includes("Why"), async () => (await headings()).join(), `the page of ${rule}`);
}
