"""An exchange inside the process: prices, matching, sessions, margins and faults. Paper accounts trade on it."""
