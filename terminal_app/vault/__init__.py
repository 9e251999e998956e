"""Secrets: in the operating system's keyring, in an encrypted file, or in memory."""
