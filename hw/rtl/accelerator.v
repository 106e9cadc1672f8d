// accelerator - a recurrent network behind two byte streams (hw/README.md is the contract)
//
//   s_* -> frame_decoder -> command <-> network
//   m_* <- frame_encoder <-'
//
// s_* and m_* carry the frames of section 2 over whatever a board has: UART, USB, FIFO. The
// parameters are the geometry that HELLO reports.

`default_nettype none
`include "protocol.vh"

module accelerator #(
    parameter TABLES = 8,              // tables of a stream: lanes of an activation word
    parameter STREAMS = 1,             // rows served in a cycle
    parameter ENTRIES = 128,           // of a table: 128, or 16 in LUT RAM
    parameter TABLE_W = 16,            // bits of an entry
    parameter TABLE_BANKS = 2,         // 2: built under the rows of the block before; 1: between rows
    parameter PSUM_W = 24,
    parameter WEIGHT_WORDS = 16384,    // of STREAMS x TABLES codes
    parameter SCALES = 2048,
    parameter BIASES = 1024,
    parameter PROGRAM_BYTES = 512,
    parameter ACTIVATION_WORDS = 256,  // of TABLES bytes
    parameter STATES = 256,
    parameter REQUEST_BYTES = 512,     // of payload
    parameter REPLY_BYTES = 512,       // of payload
    parameter CLOCK_KHZ = 48000,
    parameter BUILD_ID = 0,
    parameter [63:0] NAME = "accelera"  // eight characters, zero-padded
) (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    function [7:0] octet(input [7:0] value);
        octet = value;
    endfunction
    function [15:0] half(input [15:0] value);
        half = value;
    endfunction
    function [31:0] word(input [31:0] value);
        word = value;
    endfunction

    // A code has an entry's number and a sign; a word of weights fills 8 bytes, 16, ...
    localparam ENTRY_W = $clog2(ENTRIES);
    localparam SLICES = (STREAMS * TABLES * (ENTRY_W + 1) + 63) / 64;

    // HELLO's data, last byte first.
    localparam [8*`HELLO_BYTES-1:0] HELLO = {
        NAME[7:0], NAME[15:8], NAME[23:16], NAME[31:24],
        NAME[39:32], NAME[47:40], NAME[55:48], NAME[63:56],
        word(BUILD_ID),
        word(CLOCK_KHZ),
        octet(0),
        octet(TABLE_BANKS),
        half(REPLY_BYTES),
        half(REQUEST_BYTES),
        half(256),                  // psum rows of a bank
        word(STATES),
        word(TABLES * ACTIVATION_WORDS),
        word(PROGRAM_BYTES),
        word(BIASES),
        word(SCALES),
        word(8 * SLICES * WEIGHT_WORDS),
        octet((1 << `KINDS) - 1),    // kinds
        octet(`ONE_HOT_VALUE),
        octet(ENTRY_W[7:0]),
        octet(PSUM_W),
        octet(TABLE_W),
        octet(STREAMS),
        octet(TABLES),
        octet(`PROTOCOL_VERSION)
    };

    wire [7:0]  frame_data;
    wire        frame_valid;
    wire        frame_ready;
    wire        frame_last;
    wire        frame_good;
    wire [7:0]  reply_data;
    wire        reply_valid;
    wire        reply_ready;
    wire        reply_last;
    wire        core_rst;
    wire [2:0]  mem_select;
    wire [19:0] mem_address;
    wire        mem_write;
    wire [7:0]  mem_wdata;
    wire        mem_read;
    wire [7:0]  mem_rdata;
    wire        mem_rvalid;
    wire        step_start;
    wire        step_emit;
    wire        mem_wait;
    wire        busy;
    wire        input_free;
    wire        quiet;
    wire        step_done;
    wire        clear;
    wire        phase_write;
    wire        phase_wdata;
    wire        phase;
    wire [7:0]  result_data;
    wire        result_valid;
    wire        result_ready;
    wire        event_streaming;
    wire        event_build_wait;
    wire        event_gate_wait;

    frame_decoder u_frame_decoder (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .m_data(frame_data),
        .m_valid(frame_valid),
        .m_ready(frame_ready),
        .m_last(frame_last),
        .m_good(frame_good)
    );

    command #(
        .WEIGHT_WORDS(SLICES * WEIGHT_WORDS),
        .SCALES(SCALES),
        .BIASES(BIASES),
        .PROGRAM_BYTES(PROGRAM_BYTES),
        .ACTIVATION_WORDS(TABLES * ACTIVATION_WORDS / 8),
        .STATES(STATES),
        .REQUEST_BYTES(REQUEST_BYTES),
        .REPLY_BYTES(REPLY_BYTES),
        .HELLO(HELLO)
    ) u_command (
        .clk(clk),
        .rst(rst),
        .s_data(frame_data),
        .s_valid(frame_valid),
        .s_ready(frame_ready),
        .s_last(frame_last),
        .s_good(frame_good),
        .m_data(reply_data),
        .m_valid(reply_valid),
        .m_ready(reply_ready),
        .m_last(reply_last),
        .core_rst(core_rst),
        .mem_select(mem_select),
        .mem_address(mem_address),
        .mem_write(mem_write),
        .mem_wdata(mem_wdata),
        .mem_read(mem_read),
        .mem_rdata(mem_rdata),
        .mem_rvalid(mem_rvalid),
        .step_start(step_start),
        .step_emit(step_emit),
        .mem_wait(mem_wait),
        .busy(busy),
        .input_free(input_free),
        .quiet(quiet),
        .step_done(step_done),
        .clear(clear),
        .phase_write(phase_write),
        .phase_wdata(phase_wdata),
        .phase(phase),
        .result_data(result_data),
        .result_valid(result_valid),
        .result_ready(result_ready),
        .event_streaming(event_streaming),
        .event_build_wait(event_build_wait),
        .event_gate_wait(event_gate_wait)
    );

    network #(
        .TABLES(TABLES),
        .STREAMS(STREAMS),
        .ENTRIES(ENTRIES),
        .TABLE_W(TABLE_W),
        .TABLE_BANKS(TABLE_BANKS),
        .PSUM_W(PSUM_W),
        .WEIGHT_WORDS(WEIGHT_WORDS),
        .SCALES(SCALES),
        .BIASES(BIASES),
        .PROGRAM_BYTES(PROGRAM_BYTES),
        .ACTIVATION_WORDS(ACTIVATION_WORDS),
        .STATES(STATES)
    ) u_network (
        .clk(clk),
        .rst(core_rst),
        .mem_select(mem_select),
        .mem_address(mem_address),
        .mem_write(mem_write),
        .mem_wdata(mem_wdata),
        .mem_read(mem_read),
        .mem_rdata(mem_rdata),
        .mem_rvalid(mem_rvalid),
        .step_start(step_start),
        .step_emit(step_emit),
        .mem_wait(mem_wait),
        .busy(busy),
        .input_free(input_free),
        .quiet(quiet),
        .step_done(step_done),
        .clear(clear),
        .phase_write(phase_write),
        .phase_wdata(phase_wdata),
        .phase(phase),
        .m_data(result_data),
        .m_valid(result_valid),
        .m_ready(result_ready),
        .event_streaming(event_streaming),
        .event_build_wait(event_build_wait),
        .event_gate_wait(event_gate_wait)
    );

    frame_encoder u_frame_encoder (
        .clk(clk),
        .rst(rst),
        .s_data(reply_data),
        .s_valid(reply_valid),
        .s_ready(reply_ready),
        .s_last(reply_last),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

endmodule

`default_nettype wire
