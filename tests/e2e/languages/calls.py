"""REPOSITORY CASES [QUEUE]: the Python member of the programs that call the same functions in every
language; what they print is in languages_test.py."""
import os
import pathlib
import sys

sys.path.insert(0, os.environ["SAMARA_PYTHON"])
import samara  # noqa: E402


def outcome(repo, program, arguments, queue):
    try:
        function = repo.add(pathlib.Path(program).read_bytes(), "f")["f"]
        given = [repo.put_bytes(pathlib.Path(path).read_bytes()) for path in arguments]
        result = repo.result(function, *given, memo=False, place=queue)
    except samara.EastError as error:
        places = "\n".join(map(str, error.locations))
        return f"error\t{error.message.encode().hex()}\t{places.encode().hex()}"
    except samara.Error as error:
        return f"refused\t{str(error).encode().hex()}"
    try:
        again = repo.put(result.value, repo.type_of(result.id))
    except samara.Error as error:
        again = str(error).replace("\n", " ")
    return f"value\t{result.id}\t{again}"


def main():
    queue = sys.argv[3] if len(sys.argv) > 3 else None
    with samara.Repository(sys.argv[1]) as repo, open(sys.argv[2], encoding="utf-8") as cases:
        for line in cases:
            name, program, *arguments = line.split()
            print(f"{name}\t{outcome(repo, program, arguments, queue)}")


main()
