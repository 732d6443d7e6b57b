# Workers: processes of their own, called through the repository.
include("common.jl")

const repo = fresh("workers")
const PROGRAM = joinpath(ENV["SAMARA_JULIA_PACKAGE"], "worker.jl")

struct Started
    process::Base.Process
    errors::String
end

function start(words...; slots=1, repository=repo)
    errors = tempname(FOLDER; cleanup=false)
    environment = copy(ENV)
    delete!(environment, "JULIA_NUM_THREADS")
    command = setenv(`$(ENV["SAMARA_JULIA"]) --startup-file=no $PROGRAM --repo $(repository.path) --slots $slots $words`, environment)
    process = open(pipeline(command; stdin=devnull, stderr=errors), "r")
    line = readline(process.out)
    line == "ready" || @error "the worker did not start" line said=read(errors, String)
    return Started(process, errors)
end
function stop(worker)
    kill(worker.process, Base.SIGTERM)
    wait(worker.process)
    return worker.process.exitcode
end

add(repo, """
platform pure fn jl_norm(xs: Array<Float>) -> Float
platform pure fn jl_fail(n: Integer) -> Integer
platform pure fn jl_wrong(n: Integer) -> String
platform pure fn jl_talk(text: String) -> Null
platform pure fn jl_matrix(m: Matrix<Float>) -> Matrix<Float>
platform pure fn jl_deep(n: Integer) -> Integer
platform pure fn jl_chain(n: Integer) -> Integer
platform pure fn jl_fan(n: Integer) -> Integer
platform pure fn jl_plus_one(n: Integer) -> Integer
platform effectful fn jl_sleep(mark: String) -> Integer
platform pure fn jl_garbage(n: Integer) -> Integer
platform pure fn jl_child(word: String) -> String
platform pure fn jl_fails_inside(n: Integer) -> Integer
platform pure fn jl_pid(n: Integer) -> Integer
platform pure fn jl_forget(n: Integer) -> Integer

fn norm(xs: Array<Float>) -> Float { jl_norm(xs) }
fn failing(n: Integer) -> Integer { jl_fail(n) }
fn caught(n: Integer) -> String {
  try {
    print(jl_fail(n))
  } catch message {
    message
  }
}
fn wrong(n: Integer) -> String { jl_wrong(n) }
fn talk(text: String) -> Null { jl_talk(text) }
fn square(m: Matrix<Float>) -> Matrix<Float> { jl_matrix(m) }
fn deep(n: Integer) -> Integer { jl_deep(n) }
fn chain(n: Integer) -> Integer { jl_chain(n) }
fn fan(n: Integer) -> Integer { jl_fan(n) }
fn plus_one(n: Integer) -> Integer { jl_plus_one(n) }
fn sleeping(mark: String) -> Integer { jl_sleep(mark) }
fn garbage(n: Integer) -> Integer { jl_garbage(n) }
fn child(word: String) -> String { jl_child(word) }
fn broken(n: Integer) -> Integer { if n == 0 { throw "broken in East" } else { 1 } }
fn fails_inside(n: Integer) -> Integer { jl_fails_inside(n) }
fn pid(n: Integer) -> Integer { jl_pid(n) }
fn forget(n: Integer) -> Integer { jl_forget(n) }
fn endless(n: Integer) -> Integer {
  var i = n
  while i > 0 {
    i = i + 1
  }
  i
}
""")

caught(work) = try
    work()
    nothing
catch error
    error isa Samara.Error ? error : error.task.exception
end

const models = joinpath(@__DIR__, "models.jl")
worker = start("--platform", models)

@testset "workers" begin # all of them run, whatever fails

@testset "offers" begin
    @test run(repo, "norm", [3.0, 4.0]) === 5.0
    @test result(repo, "norm", [3.0, 4.0]).from_memo
    large = rand(100_000)
    @test run(repo, "norm", large) ≈ sqrt(sum(abs2, large))
    @test run(repo, "square", [1.0 2.0; 3.0 4.0]) == [7.0 10.0; 15.0 22.0]
    big = rand(200, 200)
    @test run(repo, "square", big) ≈ big * big
    @test run(repo, "talk", "it") === nothing
end

@testset "errors are those of East, with the places of Julia" begin
    error = caught(() -> run(repo, "failing", 0))
    @test error isa EastError && error.message == "nothing is inverse to 0"
    files = [basename(place.file) for place in error.locations]
    @test "models.jl" in files && !any(in(("worker.jl", "encode.jl", "request.jl")), files)
    @test any(place -> basename(place.file) == "models.jl" && place.line == 7, error.locations)
    error = caught(() -> run(repo, "failing", 1))
    @test startswith(error.message, "DomainError with -1")
    lines = [place.line for place in error.locations if basename(place.file) == "models.jl"]
    @test lines == [10, 8]  # innermost first
    @test run(repo, "caught", 0) == "nothing is inverse to 0"
    @test caught(() -> run(repo, "wrong", 1)).message == "TypeMismatch: the result of 'jl_wrong': expected String, got Int64"
    error = caught(() -> run(repo, "fails_inside", 0))
    @test error.message == "broken in East"
    @test basename(error.locations[1].file) != "models.jl" # first where it was thrown, then who called
    @test any(place -> basename(place.file) == "models.jl", error.locations)
end

@testset "what goes wrong does not end the worker" begin
    before = run(repo, "pid", 1)
    @test occursin("StackOverflowError", caught(() -> run(repo, "deep", 10^8)).message)
    @test run(repo, "deep", 10) == 10
    @test run(repo, "garbage", 1000) == 1000
    @test run(repo, "pid", 2) == before
    @test run(repo, "child", "hello") == "hello\n"  # no libraries of the prefix
end

@testset "calls inside a request hold no slot" begin
    # By hand: SAMARA_TEST_DEPTH=1000 SAMARA_TEST_WIDTH=10000
    depth = parse(Int, get(ENV, "SAMARA_TEST_DEPTH", "50"))
    width = parse(Int, get(ENV, "SAMARA_TEST_WIDTH", "200"))
    seconds = @elapsed @test run(repo, "chain", depth) == depth
    depth > 50 && @info "a chain of calls, each waiting for the next" depth seconds
    seconds = @elapsed @test run(repo, "fan", width) == sum(2:width+1)
    width > 200 && @info "calls at once by one request" width seconds
    @test run(repo, "pid", 3) == run(repo, "pid", 1)
end

@testset "calls that nobody waited for end with their request" begin
    before = run(repo, "pid", 4)
    @test run(repo, "forget", 40; timeout=60) == 40
    @test caught(() -> run(repo, "forget", -40; timeout=60)).message == "forgotten"
    @test run(repo, "pid", 5) == before
end

@testset "a cancelled request is thrown an InterruptException" begin
    mark = joinpath(FOLDER, "mark")
    @test caught(() -> run(repo, "sleeping", mark; timeout=1.0)) isa Samara.Timeout
    timedwait(() -> isfile(mark) && read(mark, String) == "interrupted", 10.0)
    @test isfile(mark) && read(mark, String) == "interrupted"
end

@testset "scripts" begin
    path = joinpath(FOLDER, "train.jl")
    write(path, """
    module Helper
    twice(x) = 2x
    end
    using .Helper
    const loaded = time_ns()
    train(xs) = sum(map(Helper.twice, xs))
    function broken(n)
        return [1, 2, 3][n]
    end
    when(n) = string(loaded)
    """)
    add_script(repo, path, "train", ([Vector{Float64}], Float64); effect="pure")
    add_script(repo, path, "broken", ([Int], Int); effect="pure")
    when = add_script(repo, path, "when", ([Int], String); effect="pure")
    @test run(repo, "train", [1.0, 2.0]) === 6.0
    error = caught(() -> run(repo, "broken", 7))
    @test startswith(error.message, "BoundsError")
    @test any(place -> basename(place.file) == "train.jl" && place.line == 8, error.locations)
    @test run(repo, when, 1) == run(repo, when, 2)  # loaded once
    add_script(repo, "x = 1\nf(n = 3\n", "f", ([Int], Int); name="unreadable", effect="pure")
    @test occursin("syntax", caught(() -> run(repo, "unreadable", 1)).message)
    add_script(repo, "x = 1\n\n", "f", ([Int], Int); name="missing", effect="pure")
    @test occursin("has no function 'f'", caught(() -> run(repo, "missing", 1)).message)
end

@testset "environments" begin
    manifest = joinpath(FOLDER, "Manifest.toml")
    stdlib = VERSION < v"1.6" ? """
    [[Random]]
    deps = ["Serialization"]
    uuid = "9a3f8284-a2c9-5f02-9a11-845980a1fd5c"

    [[Serialization]]
    uuid = "9e88b42a-f829-5b0c-bbe9-9e923198166b"
    """ : nothing
    if stdlib !== nothing
        write(manifest, stdlib)
        source = "using Random\n\nhere(n) = basename(dirname(Base.active_project()))\nother(n) = n\n"
        add_script(repo, source, "here", ([Int], String); effect="pure", environment=manifest)
        add_script(repo, source, "other", ([Int], Int); effect="pure", environment=manifest)
        id = run(repo, "here", 1)
        @test length(id) == 64
        @test isfile(joinpath(repo.path, "cache", "env", id, "Project.toml"))
        @test run(repo, "other", 2) == 2
        write(manifest, "[[Nowhere]]\ngit-tree-sha1 = \"0000000000000000000000000000000000000000\"\n" *
                        "uuid = \"11111111-2222-3333-4444-555555555555\"\nversion = \"1.0.0\"\n")
        add_script(repo, "f(n) = n\n\n", "f", ([Int], Int); name="nowhere", effect="pure", environment=manifest)
        @test occursin("cannot install the packages", caught(() -> run(repo, "nowhere", 1)).message)
    end
end

# The second waits for what the first compiles.
@testset "two first starts compile the module once" begin
    package = joinpath(FOLDER, "package")
    mkpath(package)
    symlink(joinpath(dirname(ENV["SAMARA_JULIA_PACKAGE"]), "lib"), joinpath(package, "lib"))
    cp(ENV["SAMARA_JULIA_PACKAGE"], joinpath(package, "julia"))
    rm(joinpath(package, "julia", "depot"); recursive=true, force=true)
    environment = copy(ENV)
    delete!(environment, "JULIA_NUM_THREADS")
    environment["JULIA_DEBUG"] = "loading" # it says what it compiles
    both = map(1:2) do i
        errors = joinpath(FOLDER, "first$i")
        command = `$(ENV["SAMARA_JULIA"]) --startup-file=no $(joinpath(package, "julia", "worker.jl")) --repo $(repo.path)`
        open(pipeline(setenv(command, environment); stdin=devnull, stderr=errors), "r")
    end
    @test [readline(each.out) for each in both] == ["ready", "ready"]
    for each in both
        kill(each, Base.SIGTERM)
        wait(each)
    end
    said = [read(joinpath(FOLDER, "first$i"), String) for i in 1:2]
    @test count(text -> occursin("Precompiling Samara", text), said) == 1
end

@testset "it ends when it is asked to" begin
    @test stop(worker) == 0
    @test read(worker.errors, String) == ""
    failed = open(pipeline(`$(ENV["SAMARA_JULIA"]) --startup-file=no $PROGRAM --slots x`; stderr=joinpath(FOLDER, "usage")), "r")
    wait(failed)
    @test failed.exitcode == 2
    @test occursin("whole number", read(joinpath(FOLDER, "usage"), String))
end

end
