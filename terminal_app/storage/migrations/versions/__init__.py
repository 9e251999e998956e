"""One file per revision, numbered from 0001. A released revision is never edited."""
