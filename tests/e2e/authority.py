"""Certificates of a test."""
import os
import subprocess

DAYS = "2"


class Authority:
    """Signs certificates, with openssl; its own is ca.crt in the folder."""

    def __init__(self, folder):
        self.folder = folder
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", DAYS, "-subj", "/CN=ca of a test",
                  "-keyout", self.path("ca.key"), "-out", self.path("ca.crt"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def _run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def issue(self, name, subject_names, subject=None, days=DAYS):
        """With less than 0 days it has ended already."""
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject or f"/CN={name}", "-keyout", self.path(f"{name}.key"),
                  "-out", self.path(f"{name}.csr"))
        with open(self.path(f"{name}.ext"), "w") as file:
            file.write(f"subjectAltName={subject_names}\n")
        self._run("x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path("ca.crt"), "-CAkey", self.path("ca.key"),
                  "-CAcreateserial", "-days", str(days), "-extfile", self.path(f"{name}.ext"), "-out", self.path(f"{name}.crt"))
