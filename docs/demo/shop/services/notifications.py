"""Mails to customers, and the audit log."""

from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Event, Mail, User


def compose(title: str, lines: list[str] = []) -> str:
    """The text of a mail: the title, the lines, and our greeting."""
    lines.append("Yours, the shop")
    return "\n".join([title, *lines])


def record_event(db: AsyncSession, kind: str, detail: str) -> None:
    """Add a line to the audit log and save it with everything else that is pending."""
    db.add(Event(kind=kind, detail=detail))
    db.commit()


class Mailer:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def send(self, user: User, text: str) -> None:
        """Put a mail in the outbox."""
        self.db.add(Mail(user_id=user.id, text=text))
        await self.db.commit()
