"""What a file asks about types can be worked out behind what is found without them: nothing is lost by that."""

from apitfall.checked import Report
from asking import workspace
from sources import FILES
from state import finding_row


def found(report: Report):
    return [finding_row(finding, edits=True) for finding in report.findings]


def test_what_was_put_off_is_made_up_for_when_there_is_time():
    made, plain = workspace(FILES), workspace(FILES)
    asked = 0
    for path in made.paths():
        made.put_off_types(path)
        first, whole = made.check(path, types=False), plain.check(path, types=False)
        assert (found(first), first.questions) == (found(whole), ())
        second = made.check(path)
        assert (found(second), {*second.questions}) == (found(whole), {*whole.questions})
        asked += len(second.questions)
    assert asked


def test_what_is_known_of_types_is_said_at_once():
    made, plain = workspace(FILES), workspace(FILES)
    for one in (made, plain):
        questions = [question for path in one.paths() for question in one.check(path).questions]
        one.answer([(question, None) for question in questions[:1]])
    for path in made.paths():
        made.release(path)
        made.put_off_types(path)
        assert {*made.check(path, types=False).questions} == {*plain.check(path, types=False).questions}
