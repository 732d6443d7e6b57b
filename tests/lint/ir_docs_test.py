"""The tables of docs/formats/builtins.md and east-ir.md say what the .def files of src/ir say."""
import os
import re
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def rows(text, first):
    """Cells of the table rows whose first cell matches `first`."""
    for line in text.splitlines():
        if line.startswith("| "):
            cells = [cell.strip().strip("`") for cell in line.strip("| ").split(" | ")]
            if re.fullmatch(first, cells[0]):
                yield cells


class IrDocs(unittest.TestCase):
    def test_builtins(self):
        table = []
        macro = r'(?m)^SAMARA_BUILTIN\((\w+), "(.*?)", "(.*?)", "(.*?)", "(.*?)"\)'
        for name, types, arguments, result, notes in re.findall(macro, read("src", "ir", "builtins.def")):
            guards = " ".join(note for note in notes.split() if note != "b")
            table.append([name, types, arguments, result, guards])
        self.assertEqual(len(table), 235)
        document = read("docs", "formats", "builtins.md")
        documented = [
            [cell.strip() for cell in line.split("|")[1:]]
            for line in document.splitlines()
            if re.match(r"\| [A-Z]\w+ \| [\w, ]*\| `", line)
        ]
        self.assertEqual([[c.strip("`") for c in cells[:5]] for cells in documented], table)
        for cells in documented:
            self.assertTrue(cells[5], cells[0])

    def test_nodes(self):
        nodes = re.findall(r'SAMARA_NODE\((\w+), "(\w+)", (-?\d+), (-?\d+)\)', read("src", "ir", "nodes.def"))
        fields = re.findall(r'SAMARA_FIELD\((\w+), "(\w+)"', read("src", "ir", "fields.def"))
        documented = list(rows(read("docs", "formats", "east-ir.md"), r"\d+|–"))
        self.assertEqual(len(documented), len(nodes))
        for (op, name, tag_a, tag_b), cells in zip(nodes, documented):
            self.assertEqual(cells[:3], ["–" if tag_a == "-1" else tag_a, tag_b, name])
            # Structs inside arrays have fields of their own; those of the node stand outside braces.
            outside = re.sub(r"\{.*?\}", "", cells[3].replace("B:,", "B: ,"))
            names = re.findall(r"(\w+): ", outside.replace("B: ", ""))
            self.assertEqual(names, [field for of, field in fields if of == op], name)


if __name__ == "__main__":
    unittest.main()
