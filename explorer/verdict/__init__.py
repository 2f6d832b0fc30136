"""The verdict on a finished run: findings, each with one run that may do better.

Knows nothing of files or screens, and imports no torch.

- `course.py`: how the run went.
- `finding.py`: one thing that was found, and its words.
- `checks.py`: what is checked, and by which thresholds.
"""

from explorer.verdict.checks import judge
from explorer.verdict.course import Course
from explorer.verdict.finding import About, Finding, Grade, summary, value_text

__all__ = ["About", "Course", "Finding", "Grade", "judge", "summary", "value_text"]
