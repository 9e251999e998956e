"""Pictures of every panel and dialog: ``python -m tests.shots [names]`` writes them into ``build/shots``."""
