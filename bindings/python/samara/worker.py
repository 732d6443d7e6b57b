"""python3 -m samara.worker: serves requests of a repository in Python."""

if __name__ == "__main__":
    import sys

    from samara._worker import main
    main(sys.argv[1:])
