# Functions of Julia that East programs call as platform functions.

struct PlatformFunction
    name::String
    inputs::Vector{String}  # East text
    output::String
    effect::Int32
    version::String
    work::Any
    number::UInt64
end

const everywhere = Dict{String,Any}()          # what `platform` without a repository has made
const platform_functions = PlatformFunction[]  # by number
const platform_lock = ReentrantLock()

"""
    platform(work, [repo,] name, inputs, output; effect="effectful", version=nothing)

Offers a function to East programs, under this name and with these types; to those that `repo` runs,
or in a worker's file to all of the repository. Before the first function is added or run.
`version` is part of the identity of calls; without it the source of the file is, with the versions
of the packages that it names in `using` and `import`. An exception is an East error, which the program can catch.

    platform("fit", [Vector{Float64}, Int], Vector{Float64}; effect="pure") do xs, degree
        …
    end
"""
function platform(work, table::AbstractDict, name::AbstractString, inputs, output; effect="effectful", version=nothing)
    haskey(EFFECTS, string(effect)) && string(effect) != "unknown" ||
        throw(ArgumentError("effect is \"pure\", \"idempotent\" or \"effectful\", not $(repr(effect))"))
    lock(platform_lock) do
        haskey(table, name) && throw(OperationFailed("platform function '$name' is offered already"))
        made = PlatformFunction(name, [easttype_text(each) for each in inputs], easttype_text(output),
                                EFFECTS[string(effect)],
                                version === nothing ? source_digest(work) : string(version), work,
                                length(platform_functions) + 1)
        push!(platform_functions, made)
        table[made.name] = made
    end
    return work
end
platform(work, name::AbstractString, inputs, output; options...) =
    platform(work, everywhere, name, inputs, output; options...)
function platform(work, repo::Repository, name::AbstractString, inputs, output; options...)
    platform(work, repo.platform, name, inputs, output; options...)
    # Handles that are open already do not know it.
    repo.opened = Opened()
    return work
end

easttype_text(given) = with_codec(codec -> canonical(codec, node_of(codec, type_text(given))))

"""
    @platform [name] [effect=…] [version=…] [repo=…] function f(a::A, …)::R … end

Defines a function and offers it with the types of its signature.

    @platform effect="pure" fit(xs::Vector{Float64}, degree::Int)::Vector{Float64} = …
"""
macro platform(parts...)
    isempty(parts) && error("@platform stands before a function")
    definition = parts[end]
    definition isa Expr && definition.head in (:function, :(=)) || error("@platform stands before a function")
    head = definition.args[1]
    head isa Expr && head.head === :(::) ||
        error("@platform needs the type of the result: f(a::Float64)::Float64")
    called, output = head.args
    called isa Expr && called.head === :call || error("@platform stands before a function with a name")
    inputs = map(called.args[2:end]) do argument
        argument isa Expr && argument.head === :(::) && length(argument.args) == 2 ||
            error("@platform needs the type of each argument, and no default or keyword: $argument")
        argument.args[2]
    end
    name = string(called.args[1])
    options = Any[]
    repo = nothing
    for part in parts[1:end-1]
        if part isa Expr && part.head === :(=)
            part.args[1] === :repo ? (repo = part.args[2]) : push!(options, Expr(:kw, part.args[1], esc(part.args[2])))
        else
            name = esc(part)
        end
    end
    target = repo === nothing ? :(everywhere) : esc(repo)
    quote
        $(esc(definition))
        platform($(esc(called.args[1])), $target, $name, [$(map(esc, inputs)...)], $(esc(output)); $(options...))
    end
end

# Stands for what a function does, as long as its file and the packages that it names are the same.
function source_digest(work)
    method = first(methods(work))
    path = String(method.file)
    source = isfile(path) ? read(path, String) :
        join((string(Base.uncompressed_ast(each)) for each in methods(work)), "\n")
    words = ["julia $VERSION"; sort!([package_word(name, method.module) for name in imported_names(source)])]
    return bytes2hex(SHA.sha256(join(words, "\n") * "\n" * source))
end

function imported_names(source)
    names = Set{String}()
    for line in eachmatch(r"^[ \t]*(?:using|import)[ \t]+([^#\n]+)"m, source)
        list = first(split(line[1], ':'; limit=2))
        for part in split(list, ',')
            name = match(r"^\s*([A-Za-z_][A-Za-z0-9_]*)", part)
            name === nothing || push!(names, name[1])
        end
    end
    return names
end

function package_word(name, from)
    id = Base.identify_package(from, name)
    id === nothing && (id = Base.identify_package(name))
    path = id === nothing ? nothing : Base.locate_package(id)
    path === nothing && return name
    project = joinpath(dirname(dirname(path)), "Project.toml")
    m = isfile(project) ? match(r"^version\s*=\s*\"([^\"]*)\""m, read(project, String)) : nothing
    return m === nothing ? name : name * " " * m[1]
end

function register(handle::Handle, made::PlatformFunction)
    inputs = [pointer(text) for text in made.inputs]
    entry = Libdl.dlsym(Libdl.dlopen(bridge), :samara_bridge_platform)
    code = GC.@preserve made inputs ccall((:samara_register, lib), Int32,
        (Ptr{Cvoid}, Ref{PlatformDeclaration}), handle.pointer,
        PlatformDeclaration(sizeof(PlatformDeclaration), pointer(made.name), pointer(inputs), length(inputs),
            pointer(made.output), made.effect, pointer(made.version), entry, Ptr{Cvoid}(UInt(made.number))))
    check(handle, code)
end

# An upcall stands still on its own thread until it is answered.
function answer_upcall(upcall::Ptr{Upcall})
    task = Task() do
        shown = unsafe_load(upcall)
        code = try
            made = platform_functions[shown.user]
            value = with_codec() do codec
                arguments = Any[decode_view(codec, unsafe_load(shown.arguments, i), node_of(codec, made.inputs[i]))
                                for i in 1:Int(shown.count)]
                (arguments, nothing)
            end
            answer = Base.invokelatest(made.work, value[1]...)
            with_codec() do codec
                output = node_of(codec, made.output)
                unsafe_store!(shown.result, encode_node(codec, output.kind === NULL ? nothing : answer, output, Int32(1))[])
            end
            Int32(0)
        catch error
            unsafe_store!(shown.error, given_bytes(error_text(error)))
            Int32(1)
        end
        ccall((:samara_bridge_answer, bridge), Cvoid, (Ptr{Upcall}, Int32), upcall, code)
    end
    task.sticky = false
    schedule(task)
end

# What an exception says as an East error: its class first, unless that says nothing.
function error_text(error)
    error isa EastError && return error.message
    error isa ErrorException && return error.msg
    return sprint(showerror, error)
end
