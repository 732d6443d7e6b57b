# REPOSITORY CASES: the Julia member of the programs that call the same functions in every language;
# what they print is in languages_test.py.
push!(LOAD_PATH, ENV["SAMARA_JULIA_PACKAGE"])
pushfirst!(DEPOT_PATH, joinpath(ENV["SAMARA_JULIA_PACKAGE"], "depot"))
using Samara

hex(text) = bytes2hex(Vector{UInt8}(codeunits(String(text))))

function outcome(repo, program, given)
    found = try
        id = add(repo, read(program); name="f")["f"]
        result(repo, id, [put(repo, read(path), "beast2") for path in given]...; memo=false)
    catch error
        error isa EastError || return "refused\t" * hex(sprint(showerror, error))
        return "error\t" * hex(error.message) * "\t" * hex(join(map(string, error.locations), "\n"))
    end
    again = try
        string(put(repo, found.value; type=type_of(repo, found.id)))
    catch error
        replace(sprint(showerror, error), "\n" => " ")
    end
    return "value\t$(found.id)\t$again"
end

repo = Repository(ARGS[1])
for line in eachline(ARGS[2])
    words = split(line)
    println(words[1], "\t", outcome(repo, words[2], words[3:end]))
end
