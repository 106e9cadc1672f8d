// command - requests in, replies out: everything between the frames and the network core
//
// s_*: frames as frame_decoder gives them; always taken, but dropped while a request is under way that
// still needs its own, except ABORT. m_*: payloads of replies as frame_encoder takes them. core_rst and what follows are
// the ports of module network, whose result stream m_* is here result_* (always taken).
//
//   s_* -> request_buffer -> arguments -> executor <-> network
//   m_* <- reply_buffer <----------------'   counters

`default_nettype none
`include "protocol.vh"

module command #(
    parameter WEIGHT_WORDS = 16384,    // of 64 bits
    parameter SCALES = 2048,
    parameter BIASES = 1024,
    parameter PROGRAM_BYTES = 512,
    parameter ACTIVATION_WORDS = 256,  // of 64 bits
    parameter STATES = 256,
    parameter REQUEST_BYTES = 512,     // of payload, 16 at least
    parameter REPLY_BYTES = 512,       // of payload, 64 at least
    parameter [8*`HELLO_BYTES-1:0] HELLO = 0  // what HELLO answers; byte 0 is lowest
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [7:0]  s_data,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire        s_last,
    input  wire        s_good,
    output wire [7:0]  m_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire        m_last,
    output wire        core_rst,
    output wire [2:0]  mem_select,
    output wire [19:0] mem_address,
    output wire        mem_write,
    output wire [7:0]  mem_wdata,
    output wire        mem_read,
    input  wire [7:0]  mem_rdata,
    input  wire        mem_rvalid,
    output wire        step_start,
    output wire        step_emit,
    input  wire        mem_wait,
    input  wire        busy,
    input  wire        input_free,
    input  wire        quiet,
    input  wire        step_done,
    output wire        clear,
    output wire        phase_write,
    output wire        phase_wdata,
    input  wire        phase,
    input  wire [7:0]  result_data,
    input  wire        result_valid,
    output wire        result_ready,
    input  wire        event_streaming,
    input  wire        event_build_wait,
    input  wire        event_gate_wait
);

    localparam REQUEST_W = $clog2(REQUEST_BYTES + 6);
    localparam REPLY_W = $clog2(REPLY_BYTES + 1);

    wire                 listen;
    wire                 hear;
    wire                 request_valid;
    wire                 request_taken;
    wire                 abort_valid;
    wire                 abort_taken;
    wire [7:0]           request_opcode;
    wire [7:0]           request_sequence;
    wire [REQUEST_W-1:0] request_bytes;
    wire                 field_write;
    wire [3:0]           field_index;
    wire [7:0]           field_data;
    wire [REQUEST_W-1:0] request_index;
    wire [7:0]           request_data;
    wire                 bad_frame;
    wire                 is_write;
    wire                 is_read;
    wire                 is_check;
    wire                 is_step;
    wire                 is_state;
    wire                 is_counters;
    wire [7:0]           argument;
    wire [19:0]          address;
    wire [19:0]          range_end;
    wire                 one_hot;
    wire                 last_only;
    wire [1:0]           status;
    wire                 repeated;
    wire                 begin_reply;
    wire                 append;
    wire [7:0]           append_data;
    wire                 fail;
    wire [1:0]           fail_status;
    wire                 send;
    wire                 sent;
    wire                 count_cycle;
    wire                 count_clear;
    wire                 count_read;
    wire [4:0]           count_position;
    wire [7:0]           count_data;

    assign result_ready = 1'b1;
    assign phase_wdata = address[0];

    request_buffer #(
        .REQUEST_BYTES(REQUEST_BYTES),
        .INDEX_W(REQUEST_W)
    ) u_request_buffer (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .s_last(s_last),
        .s_good(s_good),
        .listen(listen),
        .hear(hear),
        .request_valid(request_valid),
        .request_taken(request_taken),
        .abort_valid(abort_valid),
        .abort_taken(abort_taken),
        .request_opcode(request_opcode),
        .request_sequence(request_sequence),
        .request_bytes(request_bytes),
        .field_write(field_write),
        .field_index(field_index),
        .field_data(field_data),
        .read_index(request_index),
        .read_data(request_data),
        .bad_frame(bad_frame)
    );

    arguments #(
        .WEIGHT_WORDS(WEIGHT_WORDS),
        .SCALES(SCALES),
        .BIASES(BIASES),
        .PROGRAM_BYTES(PROGRAM_BYTES),
        .ACTIVATION_WORDS(ACTIVATION_WORDS),
        .STATES(STATES),
        .REPLY_BYTES(REPLY_BYTES),
        .REQUEST_W(REQUEST_W)
    ) u_arguments (
        .clk(clk),
        .begin_request(request_taken),
        .request_opcode(request_opcode),
        .request_bytes(request_bytes),
        .field_write(field_write),
        .field_index(field_index),
        .field_data(field_data),
        .is_write(is_write),
        .is_read(is_read),
        .is_check(is_check),
        .is_step(is_step),
        .is_state(is_state),
        .is_counters(is_counters),
        .argument(argument),
        .memory(mem_select),
        .address(address),
        .range_end(range_end),
        .one_hot(one_hot),
        .last_only(last_only),
        .status(status)
    );

    executor #(
        .ACTIVATION_WORDS(ACTIVATION_WORDS),
        .REQUEST_W(REQUEST_W)
) u_executor (
        .clk(clk),
        .rst(rst),
        .listen(listen),
        .hear(hear),
        .request_valid(request_valid),
        .request_taken(request_taken),
        .abort_valid(abort_valid),
        .abort_taken(abort_taken),
        .request_bytes(request_bytes),
        .request_index(request_index),
        .request_data(request_data),
        .is_write(is_write),
        .is_read(is_read),
        .is_check(is_check),
        .is_step(is_step),
        .is_state(is_state),
        .is_counters(is_counters),
        .argument(argument),
        .address(address),
        .range_end(range_end),
        .one_hot(one_hot),
        .last_only(last_only),
        .status(status),
        .repeated(repeated),
        .begin_reply(begin_reply),
        .append(append),
        .append_data(append_data),
        .fail(fail),
        .fail_status(fail_status),
        .send(send),
        .sent(sent),
        .count_cycle(count_cycle),
        .count_clear(count_clear),
        .count_read(count_read),
        .count_position(count_position),
        .count_data(count_data),
        .core_rst(core_rst),
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
        .clear(clear),
        .phase_write(phase_write),
        .phase(phase),
        .result_data(result_data),
        .result_valid(result_valid)
    );

    reply_buffer #(
        .REPLY_BYTES(REPLY_BYTES),
        .INDEX_W(REPLY_W),
        .HELLO(HELLO)
    ) u_reply_buffer (
        .clk(clk),
        .rst(rst),
        .begin_reply(begin_reply),
        .request_opcode(request_opcode),
        .request_sequence(request_sequence),
        .append(append),
        .append_data(append_data),
        .fail(fail),
        .fail_status(fail_status),
        .send(send),
        .sent(sent),
        .repeated(repeated),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready),
        .m_last(m_last)
    );

    counters u_counters (
        .clk(clk),
        .rst(rst),
        .clear(count_clear),
        .step(step_done),
        .cycle(count_cycle),
        .streaming(event_streaming),
        .build_wait(event_build_wait),
        .gate_wait(event_gate_wait),
        .bad_frame(bad_frame),
        .read(count_read),
        .position(count_position),
        .data(count_data)
    );

endmodule

`default_nettype wire
