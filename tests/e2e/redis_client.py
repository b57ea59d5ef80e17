"""A few lines of the Redis protocol, so that the tests can write and look without another package."""
import socket


class RedisClient:
    def __init__(self, address, password_file):
        host, port = address.rsplit(":", 1)
        with open(password_file) as file:
            self.password = file.read().strip()
        self.where = (host, int(port))

    def ask(self, *words):
        """The answer as text, an error as "ERR ..."; None while the node can't be reached."""
        try:
            with self.send(words) as connection:
                return self._read(connection.makefile("rb"))
        except OSError:
            return None

    def send(self, *commands):
        """A connection over which the commands have gone out in one go; their answers are still to be read."""
        connection = socket.create_connection(self.where, timeout=5)
        stream = connection.makefile("rwb")
        self._send(stream, "AUTH", self.password)
        stream.flush()
        self._read(stream)
        for words in commands:
            self._send(stream, *words)
        stream.flush()
        return connection

    @staticmethod
    def _send(stream, *words):
        stream.write(b"*%d\r\n" % len(words))
        for word in words:
            stream.write(b"$%d\r\n%s\r\n" % (len(word), word.encode()))

    def setting(self, name):
        """What CONFIG GET says."""
        with self.send(("CONFIG", "GET", name)) as connection:
            stream = connection.makefile("rb")
            assert stream.readline() == b"*2\r\n"
            self._read(stream)
            return self._read(stream)

    @staticmethod
    def _read(stream):
        line = stream.readline().decode().rstrip("\r\n")
        if line.startswith("$") and line != "$-1":
            return stream.read(int(line[1:]) + 2)[:-2].decode()
        return line[1:]
