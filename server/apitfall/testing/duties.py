"""What every page must have, beyond being true."""

from __future__ import annotations

from pathlib import Path

from apitfall.registry import RulePackage
from apitfall.testing.pages import Case, load_page
from apitfall.testing.runner import CaseError, fix_name, found_in, project, texts


def check_page(path: Path, package: RulePackage, rule: str) -> list[str]:
    """The duties of a rule's page that it does not do; may raise PageError.

    A Why, a bad case and a clean one; a fixed block for each fix that a finding of the page offers; a proof of each of
    them that is safe, with `same`, and of one at least, or else one line ``No proof: <reason>``.
    """
    page = load_page(path)
    out: list[str] = []
    if not any(section.title == "Why" and section.text for section in page.sections):
        out.append("there is no `## Why` with a text")
    if not any(case.bad for case in page.cases):
        out.append("there is no bad case, one with a mark")
    if all(case.bad for case in page.cases):
        out.append("there is no clean case, one without a mark")
    offers: dict[str, bool] = {}
    shown: set[str] = set()
    proved: set[str] = set()
    same: set[str] = set()
    for case in page.cases:
        try:
            names, fixes = fix_names(case, package, rule)
        except CaseError:
            # The case itself fails for it, and says where.
            continue
        for name, safe in fixes.items():
            offers[name] = offers.get(name, False) or safe
        shown.update(names[variant] for variant in case.fixed)
        proved.update(names[variant] for variant in case.proofs)
        same.update(names[variant] for variant, proof in case.proofs.items() if "same" in proof.functions)
    out += [f"no block `python fixed` shows the fix `{name}`" for name in offers if name not in shown]
    if page.no_proof:
        if len(page.no_proof) > 1:
            out.append("`No proof:` is said more than once")
        if any(case.proofs for case in page.cases):
            out.append("`No proof:` is said, and there is a proof")
    elif not any(case.proofs for case in page.cases):
        out.append("there is neither a proof nor a line `No proof: <reason>`")
    else:
        safe = [name for name, value in offers.items() if value]
        out += [f"the fix `{name}` is safe, and no proof of it shows it" for name in safe if name not in proved]
        out += [f"the fix `{name}` is safe, and its proof has no `same`" for name in safe if name in proved - same]
    return [f"{path}:1: {problem}" for problem in out]


def fix_names(case: Case, package: RulePackage, rule: str) -> tuple[dict[str, str], dict[str, bool]]:
    """The fix that each variant of the case is of, and the fixes that its findings offer, with whether one is safe."""
    with project(texts(case.files), package) as workspace:
        findings = found_in(workspace, case.files)
        fixes: dict[str, bool] = {}
        for _, finding in findings:
            if finding.rule == rule:
                for fix in finding.fixes:
                    fixes[fix.name] = fixes.get(fix.name, False) or fix.safe
        return {variant: fix_name(findings, variant, rule) for variant in {*case.fixed, *case.proofs}}, fixes
