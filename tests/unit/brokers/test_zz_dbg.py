import asyncio
from tests.unit.brokers.test_socket import *
async def test_dbg():
    async with websocket_server() as server:
        bench=Bench(server)
        try:
            await bench.open_it()
            print("open", bench.clock.now_s, bench.clock.asked, bench.clock.sleepers)
            for _ in range(12):
                await bench.clock.move(1.3); print(bench.clock.now_s, bench.clock.asked, bench.clock.sleepers, bench.states)
            await asyncio.sleep(1.5)
            print(bench.clock.now_s, bench.clock.asked, bench.clock.sleepers, bench.states)
            for t in asyncio.all_tasks(): t.print_stack()
        finally: await bench.socket.aclose()
