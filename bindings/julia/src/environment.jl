# Environments of scripts: a Manifest.toml, installed once into the repository's cache, and a worker
# process of its own for each.

const children = Dict{String,Task}()  # by environment: gives nothing when it is ready, or throws
const children_lock = ReentrantLock()

# Makes the environment ready and its worker started, or waits until somebody else has.
function ready_environment(path, id, lock_text, kind, slots)
    kind == "Manifest.toml" || error("a Julia environment is a Manifest.toml, not '$kind'")
    task = lock(children_lock) do
        known = get(children, id, nothing)
        known !== nothing && !istaskfailed(known) && return known
        children[id] = @async begin
            folder = materialise(path, id, lock_text)
            start_child(path, id, folder, slots)
        end
    end
    try
        wait(task)
    catch
        # Else the request is over, and it is made all the same, for others.
        istaskfailed(task) ? throw(task.exception) : rethrow()
    end
    return
end

# The folder of an environment, complete.
function materialise(path, id, lock_text)
    cache = joinpath(path, "cache", "env")
    folder = joinpath(cache, id)
    isfile(joinpath(folder, "Project.toml")) && return folder
    mkpath(cache)
    new = mktempdir(cache; prefix="new-")
    write(joinpath(new, "Manifest.toml"), lock_text)
    write(joinpath(new, "Project.toml"), project_text(lock_text))
    mkpath(joinpath(new, "depot"))
    instantiate(new)
    try
        mv(new, folder)
    catch
        isfile(joinpath(folder, "Project.toml")) || rethrow() # another process was first
        rm(new; recursive=true, force=true)
    end
    return folder
end

# All packages of the manifest may be loaded by name.
function project_text(manifest)
    lines = ["[deps]"]
    name = nothing
    for line in split(manifest, '\n')
        # "[[Name]]" before Julia 1.7, "[[deps.Name]]" since.
        head = match(r"^\[\[(?:deps\.)?\"?([^\]\".]+)\"?\]\]", line)
        head === nothing || (name = head[1])
        uuid = match(r"^uuid\s*=\s*\"([0-9a-fA-F-]{36})\"", line)
        uuid === nothing || name === nothing || (push!(lines, "$name = \"$(uuid[1])\""); name = nothing)
    end
    return join(lines, "\n") * "\n"
end

depot_path(folder) = join([joinpath(folder, "depot"); filter(d -> occursin("share", d), DEPOT_PATH)], ":")
function child_environment(folder)
    changes = ["JULIA_PROJECT" => folder, "JULIA_DEPOT_PATH" => depot_path(folder), "JULIA_LOAD_PATH" => nothing]
    # Julia out of a prefix needs the libraries of that; other programs do not, see worker.jl.
    haskey(ENV, "SAMARA_JULIA_LIBRARIES") &&
        push!(changes, "LD_LIBRARY_PATH" => ENV["SAMARA_JULIA_LIBRARIES"])
    return changes
end

function instantiate(folder)
    output = joinpath(folder, "instantiate.log")
    command = addenv_(`$(Base.julia_cmd()) --startup-file=no -e 'import Pkg; Pkg.instantiate()'`, child_environment(folder))
    ended = run_while_it_goes_on(command, output)
    ended === true && return rm(output)
    said = read(output, String)
    rm(folder; recursive=true, force=true)
    ended === nothing && error("cannot install the packages of the environment: the installer stood still for " *
                               "$(round(Int, STILL_SECONDS[])) s: $(last(said, 300))")
    network = occursin(r"[Cc]ould not (resolve|download|connect)|[Ff]ailed to (connect|resolve|download|clone|fetch)|registr|GitError|timed out"i, said)
    lines = filter(line -> occursin("ERROR", line), split(said, '\n'))
    reason = isempty(lines) ? last(said, 300) : first(lines)
    error("cannot install the packages of the environment" *
          (network ? ": the package registry or server cannot be reached" : "") * ": " * strip(reason))
end

# Packages may take long to come and to be built. What installs them is ended when for so long it has
# not said a word or used the processor; it gives up by itself much sooner where nobody answers.
const STILL_SECONDS = Ref(1800.0)
const LOOK_SECONDS = Ref(2.0)

# Whether a program ended well; nothing: it stood still.
function run_while_it_goes_on(command, output)
    process = run(pipeline(detach(ignorestatus(command)); stdin=devnull, stdout=output, stderr=output); wait=false)
    session = getpid(process)
    seen, since = (-1, -1), time()
    while timedwait(() -> !process_running(process), LOOK_SECONDS[]; pollint=0.05) !== :ok
        now = (session_ticks(session), filesize(output))
        if now != seen
            seen, since = now, time()
        elseif time() - since > STILL_SECONDS[]
            ccall(:kill, Cint, (Cint, Cint), -session, 9)
            wait(process)
            return nothing
        end
    end
    return success(process)
end

# What the programs of a session have used of the processor.
function session_ticks(session)
    out = 0
    for name in readdir("/proc")
        all(isdigit, name) || continue
        text = try
            read("/proc/$name/stat", String)
        catch
            continue # it has ended meanwhile
        end
        fields = split(text[something(findlast(isequal(')'), text), 1)+1:end])
        length(fields) >= 15 && fields[4] == string(session) || continue
        out += sum(field -> parse(Int, field), fields[12:15])
    end
    return out
end

# addenv came with Julia 1.6.
function addenv_(command, changes)
    variables = Dict{String,String}(ENV)
    for (name, value) in changes
        value === nothing ? delete!(variables, name) : (variables[name] = value)
    end
    return setenv(command, variables)
end

function start_child(path, id, folder, slots)
    program = joinpath(dirname(@__DIR__), "worker.jl")
    command = addenv_(`$(Base.julia_cmd()) --startup-file=no $program --repo $path --slots $slots --environment $id`,
                      child_environment(folder))
    process = open(pipeline(command; stdin=devnull, stderr=RawFD(2)), "r")
    line = readline(process.out)
    if line != "ready"
        kill(process)
        error("the worker of environment $(id[1:12]) did not start" * (isempty(line) ? "" : ": $line"))
    end
    @async begin # one that died is started again by the next request
        wait(process)
        lock(() -> delete!(children, id), children_lock)
    end
    return
end
