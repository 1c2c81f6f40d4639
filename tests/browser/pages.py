"""The pages in Chromium: wide and narrow, light and dark, contrast, keyboard, live updates. Prints TAP.
pages.py URL SHOTS; SQL for the stand-in of the grader goes to file descriptor 3, its answers come from 4."""
import os
import re
import sys

from driver import Browser

URL, SHOTS = sys.argv[1], sys.argv[2]
COURSE = URL + "/courses/demo-2026"
PAGES = {
    "home": URL + "/",
    "course": COURSE,
    "board": COURSE + "/tasks/credit",
    "board-large": COURSE + "/tasks/houses",
    "board-empty": COURSE + "/tasks/quiet",
    "run-done": COURSE + "/runs/01JD0000000000000000000C03",
    "run-failed": COURSE + "/runs/01JD0000000000000000000F01",
    "run-running": COURSE + "/runs/01JD0000000000000000000K01",
    "run-waiting": COURSE + "/runs/01JD0000000000000000000Q02",
    "run-hostile": COURSE + "/runs/01JD0000000000000000000E01",
    "team": COURSE + "/teams/cholesky",
    "error": COURSE + "/runs/none",
}
SHAPES = [(1280, 900, False), (1280, 900, True), (390, 844, False), (390, 844, True)]
count, failed = 0, 0

# A colour as it is seen on what lies behind it, how light it is, and the ground that a node makes.
COLOURS = r"""
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgb = (colour, behind) => {
  canvas.fillStyle = `rgb(${behind.join(" ")})`; canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (c) => c.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const ground = (node) => {
  const chain = [];
  for (let n = node; n; n = n.parentElement) chain.push(getComputedStyle(n).backgroundColor);
  return chain.reverse().reduce((behind, colour) => rgb(colour, behind), [255, 255, 255]);
};
"""

# Every text's colour against what lies behind it. WCAG 2: 4.5, large text 3.
CONTRAST = COLOURS + r"""
const bad = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n = walk.nextNode(); n; n = walk.nextNode()) {
  const node = n.parentElement, box = node.getBoundingClientRect();
  if (!n.nodeValue.trim() || box.width < 2 || !node.checkVisibility() || node.closest("caption, .sr, .skip")) continue;
  const style = getComputedStyle(node), behind = ground(node);
  const ink = node.closest("svg") ? style.fill : style.color;
  const [a, b] = [light(rgb(ink, behind)), light(behind)].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05), size = parseFloat(style.fontSize);
  const need = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  if (ratio < need) bad.push(`${n.nodeValue.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
}
return [...new Set(bad)];
"""

# A scroll container may be wider inside; the page may not.
OVERFLOW = r"""
const wide = document.documentElement.scrollWidth - innerWidth;
if (wide <= 0) return [];
return [`page: ${wide}px`, ...[...document.querySelectorAll("main *")].filter((n) =>
  n.getBoundingClientRect().right > innerWidth + 1 && !n.closest(".wrap *, pre")).slice(0, 5)
  .map((n) => `${n.nodeName}.${n.className.baseVal ?? n.className}`)];
"""


# What has the focus: a key of its own, and why it cannot be seen; WCAG 2.4.7, 1.4.11: a ring of 3 to 1.
FOCUS = COLOURS + r"""
const node = document.activeElement;
if (!node || node === document.body) return null;
node.scrollIntoView({ block: "nearest" });
const behind = ground(node.parentElement);
const style = getComputedStyle(node), box = node.getBoundingClientRect();
const [a, b] = [light(rgb(style.outlineColor, behind)), light(behind)].sort((x, y) => y - x);
const key = `${node.nodeName} ${node.getAttribute("href") ?? ""} ${node.textContent.trim().slice(0, 30)}`;
const why = style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1 ? "no ring"
  : (a + .05) / (b + .05) < 3 ? `a pale ring ${((a + .05) / (b + .05)).toFixed(2)}`
  : box.bottom < 0 || box.top > innerHeight || box.right < 0 || box.left > innerWidth ? "outside of the window" : "";
return [key, why && `${key}: ${why}`];
"""


def check(ok, name, found=""):
    global count, failed
    count += 1
    failed += not ok
    print(("ok " if ok else "not ok ") + str(count) + " - " + name, flush=True)
    if not ok:
        print("# " + str(found)[:600], flush=True)


def grader(sql):
    os.write(3, sql.encode() + b"\n")
    answer = b""
    while not answer.endswith(b"\n"):
        answer += os.read(4, 4096)
    if answer != b"ok\n":
        raise RuntimeError(answer.decode())


def look(browser):
    for width, height, dark in SHAPES:
        browser.shape(width, height, dark)
        tone = "dark" if dark else "light"
        for name, url in PAGES.items():
            browser.go(url)
            what = f"{name} at {width} px, {tone}"
            lines = [line for line in browser.complaints() if not (name == "error" and "404" in line)]
            check(not lines, f"{what}: the console has nothing to say", lines)
            wide = browser.run(OVERFLOW)
            check(not wide, f"{what}: nothing is wider than the page", wide)
            pale = browser.run(CONTRAST)
            check(not pale, f"{what}: every text stands out from its ground", pale)
            browser.shot(f"{SHOTS}/{name}-{width}-{tone}.png")


def due(browser):
    """A rescore that is due, results on their way, an operator's pause: what stands above and beside a board."""
    grader("INSERT INTO scoring (task, digest, board) VALUES ('credit', 'new', 'new') ON CONFLICT DO UPDATE SET board = 'new'")
    grader("INSERT INTO board_rule VALUES ('credit', 'old', 'v1', 'roc_auc', 'ROC AUC', 1, 3, 640, 0)")
    grader("UPDATE task SET metric = 'log_loss', detail = json_set(detail, '$.metric_title', 'log loss') WHERE id = 'credit'")
    grader("INSERT INTO board_due (task) VALUES ('credit'), ('credit')")
    grader("INSERT INTO pause VALUES ('', 'credit', unixepoch() * 1000 - 600000, 'new data at noon', 'staff')")
    for width, height, dark in SHAPES:
        browser.shape(width, height, dark)
        tone = "dark" if dark else "light"
        for name in ("board", "course", "team", "run-done"):
            browser.go(PAGES[name])
            what = f"{name} with a rescore due at {width} px, {tone}"
            wide, pale = browser.run(OVERFLOW), browser.run(CONTRAST)
            check(not wide, f"{what}: nothing is wider than the page", wide)
            check(not pale, f"{what}: every text stands out from its ground", pale)
            browser.shot(f"{SHOTS}/due-{name}-{width}-{tone}.png")
    browser.go(PAGES["board"])
    found = browser.run("return [...document.querySelectorAll('main [role=status]')].map((n) => n.textContent)")
    check(any("A rescore is due. The course ranks this task by log loss now." in words for words in found),
          "the board says that a rescore is due", found)
    check("2 newer results are being worked in." in found, "and that newer results are on their way", found)
    grader("DELETE FROM pause")
    grader("DELETE FROM board_due")
    grader("DELETE FROM board_rule")
    grader("UPDATE task SET metric = 'roc_auc', detail = json_set(detail, '$.metric_title', 'ROC AUC') WHERE id = 'credit'")


def narrow(browser):
    browser.shape(390, 844, False)
    browser.go(PAGES["run-done"])
    found = browser.run("""
const wanted = [...document.querySelectorAll(".stack tbody td")].filter((n) => n.textContent);
const gone = wanted.filter((n) => !n.checkVisibility() || n.getBoundingClientRect().right > innerWidth);
const nav = document.querySelector("nav");
return [wanted.length, gone.map((n) => n.textContent), nav.scrollWidth - nav.clientWidth]""")
    check(found[0] > 20 and not found[1], "at 390 px points and facts keep their columns", found)
    check(found[2] <= 0, "at 390 px the bar does not scroll", found[2])
    grader("UPDATE team SET state = 'unreachable', message = 'the host did not answer' WHERE id = 'boehm'")
    browser.go(PAGES["course"])
    found = browser.run("const w = document.querySelector('.wrap'); return [w.scrollWidth - w.clientWidth,"
                        " document.querySelectorAll('.trouble').length]")
    check(found == [0, 2], "at 390 px two unreadable repositories fit into the list of teams", found)
    browser.shot(f"{SHOTS}/course-trouble.png")
    grader("UPDATE team SET state = 'ok', message = '' WHERE id = 'boehm'")


def hostile(browser):
    browser.shape(1100, 900, False)
    browser.go(PAGES["run-hostile"])
    found = browser.run("return [document.querySelectorAll('main script, main img').length,"
                        " document.querySelector('h1').textContent]")
    check(found[0] == 0, "foreign markup stays text", found)
    check(found[1].startswith('<script>alert("x")</script>'), "a hostile name is shown as it is", found[1])


def live(browser):
    browser.shape(1100, 900, False)
    browser.go(PAGES["board"])
    check(browser.wait("return !document.getElementById('live').hidden") is not None, "the page says that it is live")
    browser.run("window.stayed = 1; document.querySelector('tr[data-key=boehm] a').focus({ preventScroll: true }); scrollTo(0, 40)")
    grader("UPDATE board SET score = 0.899 WHERE task = 'credit' AND position = 4")
    took = browser.wait("return document.querySelector('tr[data-key=boehm] .score').textContent.startsWith('0.899')")
    check(took is not None and took < 1.0, "a new score arrives within a second", took)
    kept = browser.run("return [window.stayed, document.activeElement.textContent, scrollY]")
    check(kept == [1, "Böhm & Søn", 40], "without a reload, focus and scroll stay", kept)
    grader("UPDATE board SET position = 99 WHERE task = 'credit' AND position = 4")
    took = browser.wait("return document.querySelector('.board tbody').lastElementChild.dataset.key === 'boehm'")
    order = browser.run("return [...document.querySelectorAll('.board tbody tr')].map((r) => r.dataset.key)")
    check(took is not None and len(order) == len(set(order)) == 8, "a row that moves is moved", order)

    browser.go(PAGES["run-running"])
    browser.run("document.querySelector('details').open = false")
    grader("UPDATE step SET tail = 'the log has grown' WHERE run = '01JD0000000000000000000K01' AND position = 3")
    took = browser.wait("return document.querySelector('pre').textContent.includes('the log has grown')")
    check(took is not None, "a log grows while one looks", took)
    check(browser.run("return !document.querySelector('details').open"), "a log that was closed stays closed")
    grader("UPDATE run SET state = 'evaluating' WHERE id = '01JD0000000000000000000K01'")
    took = browser.wait("return document.querySelector('.big').textContent.startsWith('Measuring')")
    check(took is not None, "the state of a run follows", took)


def keyboard(browser):
    browser.shape(1100, 900, False)
    browser.go(PAGES["board"])
    browser.press("\ue004")
    first = browser.run("const r = document.activeElement.getBoundingClientRect();"
                        " return [document.activeElement.className, r.left >= 0]")
    check(first == ["skip", True], "the first tab shows the skip link", first)
    ring = None
    for _ in range(30):
        browser.press("\ue004")
        if browser.run("return document.activeElement.matches('.wrap')"):
            ring = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
            break
    check(ring == "solid", "tabs reach the board and a ring shows it", ring)
    for width, height, dark in SHAPES:
        browser.shape(width, height, dark)
        for name in ("course", "board", "team", "run-done"):
            browser.go(PAGES[name])
            wanted = browser.run("return [...document.querySelectorAll('a, summary, button, [tabindex=\"0\"]')]"
                                 ".filter((n) => n.checkVisibility()).length")
            seen, dull = set(), []
            for _ in range(min(wanted, 40)):
                browser.press("\ue004")
                at = browser.run(FOCUS)
                if at:
                    seen.add(at[0])
                    dull += [at[1]] * bool(at[1])
            check(len(seen) > 5 and not dull, f"{name} at {width} px, {'dark' if dark else 'light'}: what has the focus shows it",
                  (len(seen), dull))
    browser.shape(1280, 900, False)
    browser.go(PAGES["team"])
    older = browser.run("return [...document.querySelectorAll('main a[href*=\"/runs/\"]')].map((n) => n.href)")
    check(len(set(older)) > 2, "a team's page links its older versions", older)
    for url in sorted(set(older)):
        browser.go(url)
        check(browser.run("return document.querySelector('main h1') && !document.querySelector('main.error')"),
              "and they are there: " + url.rsplit("/", 1)[1], url)
    browser.go(PAGES["board"])
    names = browser.run("return [...document.querySelectorAll('[role=region], nav, section[aria-label]')]"
                        ".filter((n) => !(n.ariaLabel || n.getAttribute('aria-labelledby'))).length")
    check(names == 0, "every region has a name", names)


def scriptless(browser):
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    browser.ask("POST", browser.session + "/url", {"url": PAGES["board"]})
    source = browser.ask("GET", browser.session + "/source")
    check(len(re.findall(r'<tr data-key="', source)) == 8, "without scripts the board is complete")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=False)


def main():
    os.makedirs(SHOTS, exist_ok=True)
    browser = Browser()
    try:
        for part in (look, due, narrow, hostile, keyboard, scriptless, live):
            part(browser)
    finally:
        browser.close()
    print(f"1..{count}")
    sys.exit(1 if failed else 0)


main()
