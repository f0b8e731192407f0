"""Completions and the manual page say what `--help` says: every command, every option."""
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import LULL, WAIT_S


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, **options)


def help_of(path):
    """Subcommands and long options, as `--help` prints them."""
    text = run(LULL, *path, "--help").stdout
    commands = []
    if "Subcommands:" in text:
        commands = re.findall(r"(?m)^  ([a-z][a-z-]*)\b", text.split("Subcommands:")[1].split("\n\n")[0])
    # "--follow,--no-follow{false}" stand in one place.
    options = [name for place in re.findall(r"(?m)^  (-\S+)", text) for name in re.findall(r"--[a-z][a-z-]*", place)]
    return commands, options


def tree(path=()):
    """Path -> (subcommands, options) of every command there is."""
    commands, options = help_of(path)
    found = {path: (commands, options)}
    for command in commands:
        found.update(tree((*path, command)))
    return found


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = tree()
        assert len(cls.tree) > 15 and all("--help" in options for _, options in cls.tree.values()), cls.tree

    def complete(self, *words):
        """What bash offers for the last of these words."""
        script = run(LULL, "completions", "bash").stdout
        line = " ".join(f"'{word}'" for word in words)
        done = run("bash", "-c", f'{script}\nCOMP_WORDS=({line})\nCOMP_CWORD={len(words) - 1}\n_lull\n'
                   'printf "%s\\n" "${COMPREPLY[@]}"')
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [word for word in done.stdout.splitlines() if word]

    def test_bash_takes_the_script(self):
        script = run(LULL, "completions", "bash").stdout
        done = run("bash", "-n", input=script)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = run("bash", "-c", f"{script}\ncomplete -p lull")
        self.assertIn("-F _lull lull", done.stdout)

    def test_bash_offers_every_command_and_option(self):
        for path, (commands, options) in self.tree.items():
            offered = self.complete("lull", *path, "")
            self.assertEqual(sorted(word for word in offered if not word.startswith("-")), sorted(commands), path)
            self.assertEqual(sorted(word for word in offered if word.startswith("--")), sorted(options), path)

    def test_bash_completes(self):
        self.assertEqual(self.complete("lull", "ch"), ["check"])
        self.assertEqual(self.complete("lull", "graph", "--format", ""), ["dot", "mermaid", "svg"])
        self.assertEqual(self.complete("lull", "graph", "rules", "--format", "m"), ["mermaid"])
        self.assertEqual(self.complete("lull", "serve", "--config", ""), [], "files, by bash itself")
        self.assertEqual(self.complete("lull", "serve", "--conf"), ["--config"])
        self.assertEqual(self.complete("lull", "tasks", "--unit", "check", "--js"), ["--json"],
                         "a value that is called like a command")
        self.assertIn("zsh", self.complete("lull", "completions", "") + ["zsh"])

    def test_other_shells(self):
        for shell in ("zsh", "fish"):
            script = run(LULL, "completions", shell).stdout
            for path, (commands, options) in self.tree.items():
                for name in commands:
                    self.assertRegex(script, rf"(?m)['\s]{name}[:\s]", f"{shell} {path}")
                for option in options:
                    wanted = option if shell == "zsh" else f" -l {option[2:]} "
                    self.assertIn(wanted, script, f"{shell} {path}")
            if shutil.which(shell):
                with tempfile.NamedTemporaryFile("w", suffix="." + shell) as file:
                    file.write(script)
                    file.flush()
                    done = run(shell, "-n", file.name)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(run(LULL, "completions", "tcsh").returncode, 2)

    def test_manual_page(self):
        page = run(LULL, "man").stdout
        plain = page.replace("\\-", "-").replace("\\e", "\\")
        for path, (_, options) in self.tree.items():
            if not path:
                continue
            heading = f'.SS "lull {" ".join(path)}"\n'
            self.assertIn(heading, plain)
            section = plain.split(heading)[1].split(".SS")[0]
            for option in options:
                self.assertRegex(section, rf"\\fB{option}\\fR", f"{path} {option}")
        if shutil.which("groff") is None:
            self.skipTest("no groff")
        done = run("groff", "-man", "-Tutf8", "-ww", "-z", input=page)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = run("groff", "-man", "-Tascii", "-P-cbou", input=page).stdout
        self.assertIn("lull doctor --config", text)
        self.assertRegex(text, r"0\s+done")


if __name__ == "__main__":
    unittest.main()
