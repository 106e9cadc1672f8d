// network - a recurrent network of byte-coded weights, step by step (hw/README.md, section 1)
//
// While quiet: mem_write writes a byte and mem_read reads one (mem_rvalid with mem_rdata three cycles
// later; one access at a time); clear zeroes activations, state and phase; phase_write sets the
// phase. While !busy: step_start runs one time step, whose output rows go to m_* if step_emit (sampled
// with it), perhaps after step_done, which is when the next step may start; then and from input_free
// on its input may be written, a byte in a cycle without mem_wait. quiet: no step, and its last byte
// has been taken from m_*. rst aborts a step; memories keep what they hold, the phase becomes 0. event_*: a cycle in which a row streams;
// in which the next block waits for its tables; in which it waits for the gates.

`default_nettype none
`include "protocol.vh"

module network #(
    parameter TABLES = 8,
    parameter STREAMS = 1,
    parameter ENTRIES = 128,
    parameter TABLE_W = 16,
    parameter TABLE_BANKS = 2,
    parameter PSUM_W = 24,
    parameter WEIGHT_WORDS = 16384,
    parameter SCALES = 2048,
    parameter BIASES = 1024,
    parameter PROGRAM_BYTES = 512,
    parameter ACTIVATION_WORDS = 256,
    parameter STATES = 256
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [2:0]  mem_select,
    input  wire [19:0] mem_address,
    input  wire        mem_write,
    input  wire [7:0]  mem_wdata,
    input  wire        mem_read,
    output wire [7:0]  mem_rdata,
    output wire        mem_rvalid,
    input  wire        step_start,
    input  wire        step_emit,
    output wire        mem_wait,
    output wire        busy,
    output wire        input_free,
    output wire        quiet,
    output wire        step_done,
    input  wire        clear,
    input  wire        phase_write,
    input  wire        phase_wdata,
    output wire        phase,
    output wire [7:0]  m_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire        event_streaming,
    output wire        event_build_wait,
    output wire        event_gate_wait
);

    localparam WEIGHT_W = $clog2(WEIGHT_WORDS);
    localparam SCALE_W = $clog2(SCALES);
    localparam BIAS_W = $clog2(BIASES);
    localparam PROGRAM_W = $clog2(PROGRAM_BYTES);
    localparam ACTIVATION_W = $clog2(ACTIVATION_WORDS);
    localparam STATE_W = $clog2(STATES);
    localparam ENTRY_W = $clog2(ENTRIES);
    localparam WORD_W = STREAMS * TABLES * (ENTRY_W + 1);
    localparam SLICES = (WORD_W + 63) / 64;

    generate
        if (WEIGHT_W > 17 || ACTIVATION_W > 16 || ACTIVATION_W < 4 || PROGRAM_W > 16) begin : g_fit
            memory_beyond_its_address_field u_stop ();
        end
    endgenerate

    // The step, layer by layer.
    wire                    running, clearing, sequencer_waits, engine_waits;
    wire                    header_load, layer_start, engine_finished, engine_drained, gates_idle;
    wire [1:0]              header_index;
    wire [2:0]              kind;
    wire [WEIGHT_W-1:0]     weight_address;
    wire [64*SLICES-1:0]    weight_word;
    wire                    row_valid, is_last, is_fresh, continues;
    wire [7:0]              tiles, units, tile_units, rows, x_blocks, h_blocks;
    wire [3:0]              x_words, h_words;
    wire [ACTIVATION_W-1:0] write_word, x_word, h_word, h_written;
    wire                    gates_done = engine_drained && gates_idle;
    wire [PROGRAM_W-1:0]    x_program, h_program, program_address;
    reg                     gates_done_q, emit_q;

    assign busy = running || clearing;
    assign quiet = !busy && gates_done;
    assign mem_wait = activation_write;
    assign event_streaming = row_valid;
    assign event_gate_wait = sequencer_waits || engine_waits;

    always @(posedge clk) begin
        gates_done_q <= gates_done;
        emit_q <= step_start ? step_emit : emit_q;
    end

    sequencer #(
        .WEIGHT_W(WEIGHT_W)
    ) u_sequencer (
        .clk(clk),
        .rst(rst),
        .step_start(step_start),
        .busy(running),
        .step_done(step_done),
        .phase_write(phase_write || clear),
        .phase_wdata(phase_wdata && !clear),
        .phase(phase),
        .header_load(header_load),
        .header_index(header_index),
        .is_last(is_last),
        .is_final(is_fresh && kind == `KIND_OUTPUT),
        .layer_start(layer_start),
        .row_valid(row_valid),
        .finished(engine_finished),
        .gates_done(gates_done),
        .waits_for_gates(sequencer_waits),
        .input_free(input_free),
        .weight_address(weight_address)
    );

    layer_header #(
        .ACTIVATION_W(ACTIVATION_W),
        .PROGRAM_W(PROGRAM_W)
    ) u_header (
        .clk(clk),
        .load(header_load),
        .s_index(header_index),
        .s_word(weight_word[63:0]),
        .phase(phase),
        .kind(kind),
        .is_last(is_last),
        .is_fresh(is_fresh),
        .continues(continues),
        .tiles(tiles),
        .units(units),
        .total(total),
        .rows(rows),
        .write_word(write_word),
        .x_word(x_word),
        .x_blocks(x_blocks),
        .x_words(x_words),
        .x_program(x_program),
        .h_word(h_word),
        .h_blocks(h_blocks),
        .h_words(h_words),
        .h_program(h_program)
    );

    // Sums, then gates.
    wire                    tile_ends, tile_ready, tile_release, drain_turn;
    wire [7:0]              psum_word, program_data, activation_write_data;
    wire [23:0]             psum_data;
    wire [ACTIVATION_W-1:0] activation_address, activation_write_address;
    wire [8*TABLES-1:0]     activation_data;
    wire                    activation_write;
    wire [TABLES-1:0]       activation_write_lanes;
    wire [SCALE_W-1:0]      scale_address;
    wire [BIAS_W-1:0]       bias_address;
    wire [11:0]             scale_data;
    wire [15:0]             total, bias_data, state_data, state_write_data;
    wire [STATE_W-1:0]      state_address, state_write_address;
    wire                    state_write;

    matrix_engine #(
        .TABLES(TABLES),
        .STREAMS(STREAMS),
        .ENTRY_W(ENTRY_W),
        .TABLE_W(TABLE_W),
        .TABLE_BANKS(TABLE_BANKS),
        .PSUM_W(PSUM_W),
        .ACTIVATION_W(ACTIVATION_W),
        .PROGRAM_W(PROGRAM_W)
    ) u_engine (
        .clk(clk),
        .rst(rst),
        .layer_start(layer_start),
        .tiles(tiles),
        .is_fresh(is_fresh),
        .units(units),
        .total(total),
        .rows(rows),
        .is_output(kind == `KIND_OUTPUT),
        .h_done(gates_done_q),
        .h_written(h_written),
        .x_word(x_word),
        .x_blocks(x_blocks),
        .x_words(x_words),
        .x_program(x_program),
        .h_word(h_word),
        .h_blocks(h_blocks),
        .h_words(h_words),
        .h_program(h_program),
        .finished(engine_finished),
        .drained(engine_drained),
        .program_address(program_address),
        .program_data(program_data),
        .activation_address(activation_address),
        .activation_data(activation_data),
        .row_valid(row_valid),
        .weight_word(weight_word[WORD_W-1:0]),
        .tile_ends(tile_ends),
        .tile_ready(tile_ready),
        .tile_units(tile_units),
        .tile_release(tile_release),
        .drain_turn(drain_turn),
        .psum_word(psum_word),
        .psum_data(psum_data),
        .waits_for_build(event_build_wait),
        .waits_for_gates(engine_waits)
    );

    gate_pipeline #(
        .TABLES(TABLES),
        .SCALE_W(SCALE_W),
        .BIAS_W(BIAS_W),
        .STATE_W(STATE_W),
        .ACTIVATION_W(ACTIVATION_W)
    ) u_gates (
        .clk(clk),
        .rst(rst),
        .step_start(step_start),
        .layer_start(layer_start),
        .emit(emit_q),
        .kind(kind),
        .continues(continues),
        .units(tile_units),
        .write_word(write_word),
        .tile_ends(tile_ends),
        .tile_ready(tile_ready),
        .tile_release(tile_release),
        .idle(gates_idle),
        .h_word(h_written),
        .drain_turn(drain_turn),
        .psum_word(psum_word),
        .psum_data(psum_data),
        .scale_address(scale_address),
        .scale_data(scale_data),
        .bias_address(bias_address),
        .bias_data(bias_data),
        .state_read_address(state_address),
        .state_read_data(state_data),
        .state_write(state_write),
        .state_write_address(state_write_address),
        .state_write_data(state_write_data),
        .activation_write(activation_write),
        .activation_write_lanes(activation_write_lanes),
        .activation_write_address(activation_write_address),
        .activation_write_data(activation_write_data),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    network_memories #(
        .TABLES(TABLES),
        .SLICES(SLICES),
        .WEIGHT_WORDS(WEIGHT_WORDS),
        .SCALES(SCALES),
        .BIASES(BIASES),
        .PROGRAM_BYTES(PROGRAM_BYTES),
        .ACTIVATION_WORDS(ACTIVATION_WORDS),
        .STATES(STATES)
    ) u_memories (
        .clk(clk),
        .rst(rst),
        .busy(running),
        .mem_select(mem_select),
        .mem_address(mem_address),
        .mem_write(mem_write),
        .mem_wdata(mem_wdata),
        .mem_read(mem_read),
        .mem_rdata(mem_rdata),
        .mem_rvalid(mem_rvalid),
        .clear(clear),
        .clearing(clearing),
        .weight_address(weight_address),
        .weight_data(weight_word),
        .scale_address(scale_address),
        .scale_data(scale_data),
        .bias_address(bias_address),
        .bias_data(bias_data),
        .program_address(program_address),
        .program_data(program_data),
        .activation_address(activation_address),
        .activation_data(activation_data),
        .activation_write(activation_write),
        .activation_write_lanes(activation_write_lanes),
        .activation_write_address(activation_write_address),
        .activation_write_data(activation_write_data),
        .state_address(state_address),
        .state_data(state_data),
        .state_write(state_write),
        .state_write_address(state_write_address),
        .state_write_data(state_write_data)
    );

endmodule

`default_nettype wire
