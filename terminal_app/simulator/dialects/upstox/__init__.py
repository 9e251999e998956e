"""The Upstox dialect: Upstox's wires (REST v2 and v3, login, market feed V3, portfolio stream) over the simulated exchange."""
