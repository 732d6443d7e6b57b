# The module in a process of its own.
include("common.jl")

const repo = fresh("module")

struct Pump
    name::String
    speed::Vector{Float64}
    note::Union{Nothing,String}
end

const LIST = """.Variant [(name="cons", type=.Struct [(name="head", type=.Integer), (name="tail", type=.Recursive 2)]), (name="nil", type=.Null)]"""
const SHAPE = """.Variant [(name="circle", type=.Float), (name="point", type=.Null)]"""
option(inner) = """.Variant [(name="none", type=.Null), (name="some", type=$inner)]"""

# type, value of Julia, East text of it
const ROUND_TRIPS = [
    (Nothing, nothing, "null"), (Bool, true, "true"), (Int, typemin(Int), string(typemin(Int))),
    (Int, typemax(Int), string(typemax(Int))), (Float64, 1.5, "1.5"), (Float64, -0.0, "-0.0"),
    (Float64, NaN, "NaN"), (Float64, Inf, "Infinity"), (Float64, 5e-324, "5e-324"),
    (String, "", "\"\""), (String, "a\0ü😀", nothing),
    (Vector{UInt8}, UInt8[], "0x"), (Vector{UInt8}, [0x00, 0xff], "0x00ff"),
    (DateTime, DateTime(2024, 2, 29, 12, 0, 0, 5), "2024-02-29T12:00:00.005"),
    (DateTime, DateTime(1), nothing), (DateTime, DateTime(275760, 9, 13), nothing),
    (Vector{Float64}, Float64[], "[]"), (Vector{Float64}, [0.0, -0.0, NaN], "[0.0, -0.0, NaN]"),
    (Vector{Int}, [typemin(Int), 0, typemax(Int)], nothing), (Vector{Bool}, [true, false], "[true, false]"),
    (Vector{String}, ["b", "a"], "[\"b\", \"a\"]"), (Vector{Vector{Float64}}, [Float64[], [1.0]], "[[], [1.0]]"),
    (Set{String}, Set(["b", "a"]), "{\"a\",\"b\"}"), (Set{Int}, Set{Int}(), "{}"),
    (Set{Float64}, Set([-0.0, 0.0, NaN]), nothing),
    (Dict{String,Int}, Dict("a" => 1, "b" => 2), "{\"a\":1,\"b\":2}"), (Dict{String,Int}, Dict{String,Int}(), "{:}"),
    (Dict{Float64,Int}, Dict(-0.0 => 1, 0.0 => 2), nothing),
    (NamedTuple{(:x, :y),Tuple{Float64,Float64}}, (x=1.0, y=-0.0), "(x=1.0, y=-0.0)"),
    (".Struct []", NamedTuple(), "()"),
    (SHAPE, Variant(:point), ".point"), (SHAPE, Variant(:circle, 2.0), ".circle 2.0"),
    (Union{Nothing,Float64}, nothing, ".none"), (Union{Nothing,Float64}, 2.0, ".some 2.0"),
    (option(option(".Integer")), Some(nothing), ".some .none"), (option(option(".Integer")), Some(3), ".some .some 3"),
    (option(".Null"), Some(nothing), ".some"), (option(".Null"), nothing, ".none"),
    (option(SHAPE), Variant(:circle, 1.0), ".some .circle 1.0"),
    (LIST, Variant(:nil), ".nil"), (LIST, Variant(:cons, (head=1, tail=Variant(:nil))), nothing),
    (".Vector .Float", [1.0, NaN], nothing), (".Vector .Boolean", [true, false, true], nothing),
    (".Vector .Integer", [typemin(Int), 7], nothing), (".Vector .Float", Float64[], nothing),
    (Matrix{Float64}, [1.0 2.0 3.0; 4.0 5.0 6.0], nothing), (Matrix{Int}, reshape([1, 2], 2, 1), nothing),
    (Matrix{Bool}, [true false], nothing), (Set{Vector{UInt8}}, Set([[0x01], UInt8[]]), nothing),
]

struct Spot
    x::Float64
    y::Float64
end
const SPOT = NamedTuple{(:x, :y),Tuple{Float64,Float64}}

# Row of the guide's table, type, all forms of one value as Julia may give it, what comes back.
const TABLE_ROWS = [
    ("Null, Boolean, String", Nothing, Any[nothing], nothing),
    ("Null, Boolean, String", Bool, Any[true], true),
    ("Null, Boolean, String", String, Any["ab", SubString("xab", 2), Test.GenericString("ab")], "ab"),
    ("Blob", Vector{UInt8}, Any[[0x01, 0x02], view([0x00, 0x01, 0x02], 2:3), codeunits("\x01\x02")], [0x01, 0x02]),
    ("Integer", Int, Any[7, Int8(7), UInt64(7), big(7)], 7),
    ("Float", Float64, Any[2.0, 2.0f0, 2, 4 // 2, big(2)], 2.0),
    ("DateTime", DateTime, Any[DateTime(2024, 2, 29, 12, 0, 0, 5)], DateTime(2024, 2, 29, 12, 0, 0, 5)),
    ("Array Float, Array Integer, Vector", Vector{Float64}, Any[[1.0, 2.0], Float32[1, 2], [1, 2], 1.0:2.0, view([1.0, 9.0, 2.0], 1:2:3)], [1.0, 2.0]),
    ("Array Float, Array Integer, Vector", Vector{Int}, Any[[1, 2], Int8[1, 2], 1:2, UInt16[1, 2]], [1, 2]),
    ("Array Float, Array Integer, Vector", ".Vector .Float", Any[[1.0, 2.0], Float32[1, 2], 1.0:2.0], [1.0, 2.0]),
    ("Array Float, Array Integer, Vector", ".Vector .Integer", Any[[1, 2], 1:2], [1, 2]),
    ("Array Float, Array Integer, Vector", ".Vector .Boolean", Any[[true, false], BitVector([1, 0])], [true, false]),
    ("Matrix", Matrix{Float64}, Any[[1.0 2.0; 3.0 4.0], [1 2; 3 4], transpose([1.0 3.0; 2.0 4.0]), Float32[1 2; 3 4]], [1.0 2.0; 3.0 4.0]),
    ("other Arrays", Vector{String}, Any[["b", "a"], view(["x", "b", "a"], 2:3), Any["b", "a"]], ["b", "a"]),
    ("Set, Dict", Set{String}, Any[Set(["a", "b"]), Set(Any["b", "a"])], Set(["a", "b"])),
    ("Set, Dict", Dict{String,Int}, Any[Dict("a" => 1, "b" => 2), IdDict{Any,Any}("b" => 2, "a" => 1)], Dict("a" => 1, "b" => 2)),
    ("Struct", SPOT, Any[(x=1.0, y=2.0), (y=2, x=1), Spot(1, 2), Dict("x" => 1.0, "y" => 2.0), Dict(:x => 1.0, :y => 2.0)], (x=1.0, y=2.0)),
    ("Variant", SHAPE, Any[Variant(:circle, 2.0)], Variant(:circle, 2.0)),
    ("Option: Variant {none, some T}", Union{Nothing,Int}, Any[nothing], nothing),
    ("Option: Variant {none, some T}", Union{Nothing,Int}, Any[3, Some(3)], 3),
    ("Option: Variant {none, some T}", option(option(".Integer")), Any[Some(nothing)], Some(nothing)),
    ("Ref", ".Ref .Integer", Any[Ref(3)], nothing),
]

@testset "module" begin # all of them run, whatever fails

@testset "values" begin
    @testset "$type $(repr(value))" for (type, value, text) in ROUND_TRIPS
        id = put(repo, value; type=type)
        back = get(repo, id)
        @test isequal(back, value) && typeof(back) == typeof(value) ||
            isequal(something(back, 0), something(value, 0))
        @test put(repo, back; type=type) == id
        text === nothing || @test replace(get_text(repo, id), "Z" => "") == text
        text === nothing || @test put(repo, get_text(repo, id), "text"; type=type) == id
    end
    @test get(repo, put(repo, Ref(3)))[] === 3
    @test [-0.0, 0.0] == sort!(collect(decode(encode(Set([-0.0, 0.0]))))) # both are there
end

@testset "the table of the guide: $row $type" for (row, type, forms, wanted) in TABLE_ROWS
    first = encode(forms[1], type)
    for form in forms
        @test encode(form, type) == first
    end
    back = decode(first)
    row == "Ref" ? (@test back isa Ref && back[] === 3) : (@test isequal(back, wanted) && typeof(back) == typeof(wanted))
    @test encode(back, type) == first
end

@testset "no row of the table is left out" begin
    @test_throws TypeMismatch encode(n -> n, ".Function (inputs=[.Integer], output=.Integer)")
    text = read(joinpath(@__DIR__, "..", "..", "..", "docs", "guide", "julia.md"), String)
    table = first(split(split(text, "| East | from Julia | to Julia |")[2], "\n\n"))
    rows = [strip(split(line, '|')[2]) for line in split(table, '\n') if startswith(line, "| ")]
    @test Set(rows) == Set([first.(TABLE_ROWS); "functions"])
end

@testset "types" begin
    for (value, text) in (
        (Any[1, 2.5], ".Array .Float"), (Any[nothing, 1], ".Array " * option(".Integer")),
        (Dict("a" => [1]), ".Dict (key=.String, value=.Array .Integer)"), (Set([[0x01]]), ".Set .Blob"),
        ([Float64[], [1.0]], ".Array .Array .Float"), (Any[Any[], [1]], ".Array .Array .Integer"),
        (Ref("x"), ".Ref .String"), ([1 2; 3 4], ".Matrix .Integer"), (Int32(3), ".Integer"),
        ([Variant(:a, 1), Variant(:b)], ".Array .Variant [(name=\"a\", type=.Integer), (name=\"b\", type=.Null)]"),
        (Pump("p", [1.0], nothing), easttype(Pump).text),
    )
        @test type_of(value).text == text
    end
    @test easttype(Pump).text == ".Struct [(name=\"name\", type=.String), (name=\"speed\", type=.Array .Float), (name=\"note\", type=$(option(".String")))]"
    @test easttype(".Array   .Float").text == ".Array .Float"
    @test said(() -> type_of(Any[])) == "the value is empty: no type follows; give a type"
    @test said(() -> type_of(Any[1, "x"])) == "[2]: String beside Integer; give a type"
    @test said(() -> type_of((1, 2))) == "no East type follows from a value of type Tuple{Int64,Int64}; give a type" ||
        occursin("Tuple", said(() -> type_of((1, 2))))
    ring = Any[]
    push!(ring, ring)
    @test occursin("contains itself", said(() -> type_of(ring)))
    @test occursin("cannot read the type", said(() -> easttype(".Nonsense")))
end

@testset "structs of Julia, dictionaries and named tuples are one" begin
    id = put(repo, Pump("p", [1.0], nothing))
    @test id == put(repo, Dict("name" => "p", "speed" => [1.0], "note" => nothing); type=Pump)
    @test id == put(repo, (note=nothing, speed=[1], name="p"); type=Pump)
    @test get(repo, id) == (name="p", speed=[1.0], note=nothing)
end

@testset "sharing and cycles stay" begin
    inner = ["x"]
    outer = get(repo, put(repo, [inner, inner]))
    @test outer[1] === outer[2]
    ring = Any[]
    push!(ring, ring)
    back = get(repo, put(repo, ring; type=".Array .Recursive 1"))
    @test back[1] === back
    cell = Ref{Any}(nothing)
    cell[] = cell
    back = decode(encode(cell, ".Ref " * option(".Recursive 2")))
    @test back[] === back
    cells = Ref(1)
    pair = decode(encode([cells, cells]))
    @test pair[1] === pair[2]
end

@testset "long and deep values" begin
    chain(n) = foldl((tail, i) -> Variant(:cons, (head=i, tail=tail)), 1:n; init=Variant(:nil))
    back = decode(encode(chain(500), LIST))
    count = 0
    while back.case === :cons
        back, count = back.value.tail, count + 1
    end
    @test count == 500
    @test occursin("nested deeper than", said(() -> encode(chain(100_000), LIST)))
end

@testset "errors name the place" begin
    type = Vector{NamedTuple{(:name, :price),Tuple{String,Float64}}}
    good = (name="a", price=1.0)
    for (value, of, text) in (
        (Any[good, (name="a", price="x")], type, "[2].price: expected Float, got String"),
        (Any[(name="a",)], type, "[1].price: expected Float, but there is no such field"),
        (big(2)^64, Int, "expected Integer, got a number of more than 64 bits"),
        (true, Int, "expected Integer, got Bool"), (1, Bool, "expected Boolean, got Int64"),
        (1.0, Int, "expected Integer, got Float64"), (nothing, String, "expected String, got nothing"),
        (2^53 + 1, Float64, "expected Float, got an integer that no Float is equal to"),
        ("\xff", String, "expected String, got one that is no Unicode text"),
        (Dict("a" => 1), Dict{Int,Int}, "[\"a\" (key)]: expected Integer, got String"),
        (Dict(1 => "a"), Dict{Int,Int}, "[1]: expected Integer, got String"),
        (Variant(:circle, "x"), SHAPE, ".circle: expected Float, got String"),
        (Ref("x"), ".Ref .Integer", "[]: expected Integer, got String"),
    )
        @test said(() -> encode(value, of)) == text
    end
    @test occursin("has no field 'extra'", said(() -> encode((name="a", price=1.0, extra=1), eltype(type))))
    @test occursin("has no case 'round'", said(() -> encode(Variant(:round), SHAPE)))
end

@testset "large numbers" begin
    for count in 40_000:40_008 # at each distance from a multiple of 8
        numbers = collect(1.0:count)
        id = put(repo, numbers; type=".Vector .Float")
        back = get(repo, id)
        @test back == numbers
        back[1] = -1.0  # mapped or not, it is the caller's own
        @test get(repo, id)[1] == 1.0
    end
    matrix = [10.0i + j for i in 1:300, j in 1:200]
    id = put(repo, matrix)
    @test get(repo, id) == matrix
    @test get(repo, id; lazy=true) == matrix
    @test put(repo, get(repo, id; lazy=true); type=Matrix{Float64}) == id
    GC.gc()
end

add(repo, """
fn inverse(n: Integer) -> Integer {
  if n == 0 { throw "nothing is inverse to 0" }
  100 / n
}
fn outer(n: Integer) -> Integer {
  inverse(n) + 1
}
fn spin(n: Integer) -> Integer {
  var i = 0
  while i < n {
    i = i + 1
  }
  i
}
fn total(xs: Array<Float>) -> Float {
  xs.fold(0.0, (sum, x) -> sum + x)
}
fn same(xs: Array<Float>) -> Array<Float> {
  xs
}
""")

@testset "calls" begin
    @test run(repo, "outer", 5) === 21
    found = result(repo, "outer", 5)
    @test (found.value, found.from_memo) == (21, true)
    @test occursin("memory", found.reason)
    @test !isempty(why(repo, found))
    @test !result(repo, "outer", 5; memo=false).from_memo
    error = try
        run(repo, "outer", 0)
    catch error
        error
    end
    @test error isa EastError && error.message == "nothing is inverse to 0" && length(error.locations) == 2
    @test error.locations[1].line == 2
    @test occursin("in East: ", sprint(showerror, error))
    @test_throws Samara.NotFound run(repo, "nowhere", 1)
    @test said(() -> run(repo, "outer", "x")) == "argument 1 of 'outer': expected Integer, got String"
    @test occursin("takes 1 argument, not 2", said(() -> run(repo, "outer", 1, 2)))
    @test_throws Samara.Timeout run(repo, "spin", 10^12; timeout=0.2)
    numbers = rand(100_000)
    @test run(repo, "same", numbers) == numbers
    @test run(repo, "total", put(repo, numbers)) ≈ sum(numbers)
end

@testset "tasks" begin
    @test fetch.([call(repo, "outer", i) for i in 1:100]) == [div(100, i) + 1 for i in 1:100]
    # Two that take long at once: neither keeps the other, the event loop or the collector waiting.
    ticks = Threads.Atomic{Int}(0)
    ticker = Timer(_ -> Threads.atomic_add!(ticks, 1), 0.01; interval=0.01)
    tasks = [call(repo, "spin", 10^12 + i; timeout=0.5) for i in 1:2]
    GC.gc()
    for task in tasks
        @test occursin("deadline", said(() -> try fetch(task) catch e; throw(e isa Samara.Error ? e : task.exception) end))
    end
    close(ticker)
    @test ticks[] > 3
    # One that is interrupted cancels its run.
    waiting = @async run(repo, "spin", 10^13)
    sleep(0.2)
    schedule(waiting, InterruptException(); error=true)
    @test_throws Exception wait(waiting)
    @test istaskdone(waiting)
end

# A function of this process is called by threads that Julia does not know, while tasks wait.
@testset "platform functions of this process" begin
    own = fresh("own")
    platform(n -> n + 1, own, "own_inc", [Int], Int; effect="pure")
    platform(n -> n < 0 ? throw(DomainError(n)) : n, own, "own_fail", [Int], Int; effect="pure")
    platform(n -> n == 0 ? 0 : 1 + run(own, "own_depth", n - 1), own, "own_chain", [Int], Int; effect="pure")
    platform(n -> (GC.gc(false); sleep(0.001); Threads.threadid() > 0 ? n : 0), own, "own_wait", [Int], Int; effect="pure")
    @platform effect="pure" repo=own own_norm(xs::Vector{Float64})::Float64 = sqrt(sum(abs2, xs))
    add(own, """
    platform pure fn own_inc(n: Integer) -> Integer
    platform pure fn own_fail(n: Integer) -> Integer
    platform pure fn own_chain(n: Integer) -> Integer
    platform pure fn own_wait(n: Integer) -> Integer
    platform pure fn own_norm(xs: Array<Float>) -> Float
    fn inc(n: Integer) -> Integer { own_inc(n) }
    fn many(n: Integer) -> Integer {
      var i = 0
      while i < n {
        i = own_inc(i)
      }
      i
    }
    fn own_depth(n: Integer) -> Integer { own_chain(n) }
    fn wait(n: Integer) -> Integer { own_wait(n) }
    fn norm(xs: Array<Float>) -> Float { own_norm(xs) }
    fn caught(n: Integer) -> String {
      try {
        print(own_fail(n))
      } catch message {
        message
      }
    }
    """)
    @test run(own, "inc", 41) === 42
    @test run(own, "norm", [3.0, 4.0]) === 5.0
    @test run(own, "many", 1000) == 1000
    @test startswith(run(own, "caught", -1), "DomainError")
    @test run(own, "own_depth", 20) == 20
    @test fetch.([call(own, "wait", i) for i in 1:50]) == 1:50
    spawned = [Threads.@spawn(run(own, "many", i)) for i in 101:110]
    @test fetch.(spawned) == 101:110
    @test said(() -> platform(n -> n, own, "own_inc", [Int], Int)) == "platform function 'own_inc' is offered already"
end

@testset "an installation that stands still is ended" begin
    output = joinpath(FOLDER, "installer")
    limits = (Samara.STILL_SECONDS[], Samara.LOOK_SECONDS[])
    Samara.LOOK_SECONDS[] = 0.05
    Samara.STILL_SECONDS[] = 0.5
    @test Samara.run_while_it_goes_on(`sh -c "echo so far; sleep 1000"`, output) === nothing
    @test read(output, String) == "so far\n"
    # One that goes on is left alone, however long it takes.
    Samara.STILL_SECONDS[] = 4.0
    @test Samara.run_while_it_goes_on(`sh -c 'for i in $(seq 50); do echo $i; sleep 0.1; done'`, output) === true
    @test Samara.run_while_it_goes_on(`false`, output) === false
    Samara.STILL_SECONDS[], Samara.LOOK_SECONDS[] = limits
end

@testset "names" begin
    id = put(repo, [1.0, 2.0]; name="inputs/table")
    @test resolve(repo, "inputs/table") == id == resolve(repo, string(id))
    @test type_of(repo, "inputs/table").text == ".Array .Float"
    set_ref(repo, "inputs/table", nothing)
    @test_throws Samara.NotFound resolve(repo, "inputs/table")
    @test functions(repo)["outer"].id == resolve(repo, "outer")
    @test signature(repo, "outer").text == ".Function (inputs=[.Integer], output=.Integer)"
    @test occursin("no repository", said(() -> cd(() -> Repository(), "/")))
end

end
