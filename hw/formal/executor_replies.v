// executor_replies - executor makes its replies as reply_buffer wants them (reply_rules.v)
//
// Any requests, any arguments, any core that sends results only from step_start until it is quiet.

`default_nettype none
`include "protocol.vh"

module executor_replies (
    input wire       clk,
    input wire       rst,
    input wire       request_valid,
    input wire       abort_valid,
    input wire [7:0] request_opcode,
    input wire [9:0] request_bytes,
    input wire [7:0] request_data,
    input wire       is_write,
    input wire       is_read,
    input wire       is_check,
    input wire       is_step,
    input wire       is_state,
    input wire       is_counters,
    input wire [7:0] argument,
    input wire [1:0] status,
    input wire       repeated,
    input wire       sent,
    input wire       mem_rvalid,
    input wire       mem_wait,
    input wire       busy,
    input wire       input_free,
    input wire       quiet,
    input wire       result_valid
);

    wire begin_reply;
    wire append;
    wire fail;
    wire send;
    wire core_rst;
    wire step_start;

    executor u_executor (
        .clk(clk),
        .rst(rst),
        .listen(),
        .request_valid(request_valid),
        .request_taken(),
        .abort_valid(abort_valid),
        .abort_taken(),
        .request_bytes(request_bytes),
        .request_index(),
        .request_data(request_data),
        .is_write(is_write),
        .is_read(is_read),
        .is_check(is_check),
        .is_step(is_step),
        .is_state(is_state),
        .is_counters(is_counters),
        .argument(argument),
        .address(20'd0),
        .range_end(20'd2),
        .one_hot(1'b1),
        .last_only(1'b0),
        .status(status),
        .repeated(repeated),
        .begin_reply(begin_reply),
        .append(append),
        .append_data(),
        .fail(fail),
        .fail_status(),
        .send(send),
        .sent(sent),
        .count_cycle(),
        .count_clear(),
        .count_select(),
        .count_data(8'd0),
        .core_rst(core_rst),
        .mem_address(),
        .mem_write(),
        .mem_wdata(),
        .mem_read(),
        .mem_rdata(8'd0),
        .mem_rvalid(mem_rvalid),
        .step_start(step_start),
        .step_emit(),
        .mem_wait(mem_wait),
        .busy(busy),
        .input_free(input_free),
        .quiet(quiet),
        .clear(),
        .phase_write(),
        .phase(1'b0),
        .result_data(8'd0),
        .result_valid(result_valid)
    );

    // As in reply_buffer.
    reg       started_q = 1'b0;
    reg       begun_q;
    reg       sending_q;
    reg [7:0] opcode_q;
    reg       running_q;  // a time step

    always @(posedge clk) begin
        started_q <= 1'b1;
        if (begin_reply) begun_q <= 1'b1;
        if (begin_reply) opcode_q <= request_opcode;
        if (sent) sending_q <= 1'b0;
        if (send) sending_q <= 1'b1;
        if (rst) begun_q <= 1'b0;
        if (rst) sending_q <= 1'b0;
        if (step_start) running_q <= 1'b1;
        if ((quiet && !step_start) || core_rst || rst) running_q <= 1'b0;
    end

    wire acts = is_write || is_read || is_check || is_step || is_state || is_counters;

    always @* begin
        assume (rst == !started_q);
        if (!sending_q) assume (!sent);
        if (!begun_q) assume (!repeated);
        if (!running_q || quiet) assume (!result_valid);
        if (opcode_q == `OP_HELLO || opcode_q == `OP_ABORT) assume (!acts);
    end

    reply_rules u_reply_rules (
        .begun(begun_q),
        .opcode(opcode_q),
        .sending(sending_q),
        .begin_reply(started_q && begin_reply),
        .append(started_q && append),
        .fail(started_q && fail),
        .send(started_q && send)
    );

endmodule

`default_nettype wire
