"""A relay that is far away: a TCP proxy that passes each byte on after a delay. python delay_worker.py 8172 8171 10

Prints "ready"; the third word is the milliseconds of one way, so twice that is the way there and back.
"""

import asyncio
import sys

HERE, THERE, LATE = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) / 1000
MOST = 400  # pieces under way in one direction


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read at once, write when the delay of each piece is over: a long way, not a slow one."""
    loop, way = asyncio.get_running_loop(), asyncio.Queue(MOST)

    async def arrive() -> None:
        while (piece := await way.get()) is not None:
            at, data = piece
            if (rest := at - loop.time()) > 0:
                await asyncio.sleep(rest)
            writer.write(data)
            await writer.drain()
        writer.close()

    arriving = asyncio.create_task(arrive())
    while data := await reader.read(65_536):
        await way.put((loop.time() + LATE, data))
    await way.put(None)
    await arriving


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", THERE)
    both = await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer), return_exceptions=True)
    for each in both:
        if isinstance(each, Exception) and not isinstance(each, OSError):
            raise each


async def main() -> None:
    server = await asyncio.start_server(take, "127.0.0.1", HERE, backlog=200)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
