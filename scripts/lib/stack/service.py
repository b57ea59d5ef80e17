"""What the services of the stack have in common."""


class Service:
    """One kind of servers: a subclass has `name` and `nodes`, a table of node names and usual ports, and says how each node
    is started and what is to be done once they run."""

    def __init__(self, state, root):
        self.state = state
        self.root = root

    def stages(self):
        """Lists of nodes; those of a list start together and are initialised before those of the next start."""
        return [list(self.nodes)]

    def port(self, node):
        return self.state.port(node, self.nodes[node])

    def environment(self, node):
        return {}
