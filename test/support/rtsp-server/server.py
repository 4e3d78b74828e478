"""An RTSP server for tests: loopback only, plays Annex B clips over and over without encoding anything.

First line on stdin, JSON:
    {"port": 0, "user": str?, "password": str?, "basic": bool,
     "streams": [{"path": "/gate", "codec": "h264" | "h265", "clip": file, "fps": number, "start": number,
                  "only": "tcp" | "udp" | null}]}
`start`: the frame of the clip that is shown first. `only`: other transports are answered with 461. Every access unit of a clip starts with a delimiter (AUD), and no picture
is shown later than it is decoded.
First line on stdout: {"port": n}. Later lines on stdin are commands, each answered with {} or {"error": text}:
    {"do": "switch", "path": str, "clip": file, "fps": number}   from the next key frame on
    {"do": "login", "user": str?, "password": str?, "basic": bool}
    {"do": "disconnect"}                                         ends every connection
The end of stdin ends the server.

All streams run by one clock: frame n of a clip with half the rate shows the same moment as frame 2n.
"""

import heapq
import json
import re
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

SECOND = 1_000_000_000
DELIMITER = {"h264": rb"\x00\x00\x00?\x01\x09", "h265": rb"\x00\x00\x00?\x01\x46\x01"}
KEY = {
    "h264": re.compile(rb"\x00\x00\x01[\x05\x25\x45\x65]"),
    "h265": re.compile(rb"\x00\x00\x01[\x20-\x2b]\x01"),
}


class Clip:
    """Access units of a file, and which of them a decoder can start at."""

    loaded = {}

    @classmethod
    def load(cls, path, codec, fps):
        """Streams that show the same clip share it."""
        key = (path, codec, fps)
        if key not in cls.loaded:
            cls.loaded[key] = cls(path, codec, fps)
        return cls.loaded[key]

    def __init__(self, path, codec, fps):
        with open(path, "rb") as file:
            data = file.read()
        starts = [match.start() for match in re.finditer(DELIMITER[codec], data)]
        if not starts:
            raise ValueError(f"Expected access unit delimiters in {path} but received none")
        ends = starts[1:] + [len(data)]
        self.units = [data[start:end] for start, end in zip(starts, ends)]
        self.keys = [KEY[codec].search(unit) is not None for unit in self.units]
        self.fps = fps


class Stream:
    """One path of the server. While somebody looks, `source` is the element that its frames go into."""

    def __init__(self, settings):
        self.path = settings["path"]
        self.codec = settings["codec"]
        self.clip = Clip.load(settings["clip"], self.codec, settings["fps"])
        self.start = settings.get("start", 0)
        self.only = settings.get("only")
        self.next_clip = None
        self.source = None
        self.running = False

    def factory(self):
        factory = GstRtspServer.RTSPMediaFactory()
        caps = f"video/x-{self.codec},stream-format=byte-stream,alignment=au"
        factory.set_launch(
            f"( appsrc name=frames is-live=true format=time caps={caps} max-bytes=0 "
            f"! {self.codec}parse ! rtp{self.codec}pay name=pay0 pt=96 config-interval=-1 )"
        )
        factory.set_shared(True)
        if self.only is not None:
            factory.set_protocols(getattr(GstRtsp.RTSPLowerTrans, self.only.upper()))
        factory.connect("media-configure", self.configure)
        return factory

    def configure(self, _factory, media):
        self.running = False
        self.source = media.get_element().get_by_name_recurse_up("frames")
        media.connect("unprepared", self.forget, self.source)

    def forget(self, _media, source):
        if self.source is source:
            self.source = None

    def due(self, start, now):
        """Number of the next frame after `now` and when it is due, ns."""
        number = int((now - start) * self.clip.fps // SECOND) + 1
        return number, start + int(number * SECOND / self.clip.fps)

    def push(self, number, due):
        clip, source = self.clip, self.source
        if self.next_clip is not None and self.next_clip.keys[(number + self.start) % len(self.next_clip.units)]:
            clip = self.clip = self.next_clip
            self.next_clip = None
        index = (number + self.start) % len(clip.units)
        if source is None:
            return
        base = source.get_base_time()
        if base == 0 or due < base or not (self.running or clip.keys[index]):
            return
        self.running = True
        buffer = Gst.Buffer.new_wrapped(clip.units[index])
        buffer.pts = buffer.dts = due - base
        buffer.duration = int(SECOND / clip.fps)
        if not clip.keys[index]:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        source.emit("push-buffer", buffer)


def pace(streams):
    """Pushes every frame when it is due. The system clock of GStreamer is Python's monotonic one."""
    start = time.monotonic_ns()
    queue = []
    for order, stream in enumerate(streams):
        number, due = stream.due(start, start)
        heapq.heappush(queue, (due, order, number))
    while True:
        due, order, number = heapq.heappop(queue)
        wait = due - time.monotonic_ns()
        if wait > 0:
            time.sleep(wait / SECOND)
        stream = streams[order]
        stream.push(number, due)
        # By the rate of the clip that it plays by now.
        number, due = stream.due(start, due + 1000)
        heapq.heappush(queue, (due, order, number))


def authentication(settings):
    user, password = settings.get("user"), settings.get("password")
    if not user:
        return None
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if settings.get("basic"):
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    return auth


def may_look(factory):
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def answer(value):
    print(json.dumps(value), flush=True)


def obey(command, server, streams):
    kind = command["do"]
    if kind == "switch":
        stream = next(stream for stream in streams if stream.path == command["path"])
        stream.next_clip = Clip.load(command["clip"], stream.codec, command["fps"])
    elif kind == "login":
        server.set_auth(authentication(command))
    elif kind == "disconnect":
        server.client_filter(lambda _server, _client: GstRtspServer.RTSPFilterResult.REMOVE)
    else:
        raise ValueError(f"Expected a known command but received {kind}")


def main():
    settings = json.loads(sys.stdin.readline())
    Gst.init(None)
    streams = [Stream(entry) for entry in settings["streams"]]
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(settings["port"]))
    server.set_auth(authentication(settings))
    mounts = server.get_mount_points()
    for stream in streams:
        factory = stream.factory()
        may_look(factory)
        mounts.add_factory(stream.path, factory)
    loop = GLib.MainLoop()
    if server.attach(None) == 0:
        raise OSError(f"Expected port {settings['port']} to be free but it is not")
    answer({"port": server.get_bound_port()})
    threading.Thread(target=pace, args=(streams,), daemon=True).start()

    def run(line):
        try:
            obey(json.loads(line), server, streams)
            answer({})
        except Exception as error:  # noqa: BLE001 - whatever it is, the test wants to know
            answer({"error": str(error)})
        return False

    def listen():
        for line in sys.stdin:
            GLib.idle_add(run, line)
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    loop.run()


main()
