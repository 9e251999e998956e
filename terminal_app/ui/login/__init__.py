"""The broker's login page in the window, or in the user's browser. Only ``view`` and ``page`` import the web engine, when a page opens."""
