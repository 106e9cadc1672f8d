// once_only - a request with the sequence number of the last one executed is not executed again (HELLO apart), and nothing
// is done but for a request that is executed; what a request brings comes only while no other needs its own
//
// request_buffer, executor and reply_buffer as command.v joins them. Any frames that frame_decoder may
// give; arguments says anything of them, and the core answers anything.

`default_nettype none
`include "protocol.vh"

module once_only (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid,
    input wire       s_last,
    input wire       s_good,
    input wire       m_ready,
    input wire       is_write,
    input wire       is_read,
    input wire       is_check,
    input wire       is_step,
    input wire       is_state,
    input wire       is_counters,
    input wire [7:0] argument,
    input wire [1:0] status,
    input wire       one_hot,
    input wire       mem_rvalid,
    input wire       mem_wait,
    input wire       busy,
    input wire       input_free,
    input wire       quiet,
    input wire       result_valid
);

    wire       listen, hear, field_write, request_valid, request_taken, abort_valid, abort_taken;
    wire [7:0] request_opcode, request_sequence, request_data, append_data;
    wire [9:0] request_bytes, request_index;
    wire       begin_reply, append, fail, send, sent, repeated;
    wire [1:0] fail_status;
    wire       count_clear, core_rst, mem_write, mem_read, step_start, clear, phase_write;

    request_buffer u_request (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(),
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
        .field_index(),
        .field_data(),
        .read_index(request_index),
        .read_data(request_data),
        .bad_frame()
    );

    executor u_executor (
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
        .address(20'd0),
        .range_end(20'd2),
        .one_hot(one_hot),
        .last_only(1'b0),
        .status(status),
        .repeated(repeated),
        .begin_reply(begin_reply),
        .append(append),
        .append_data(append_data),
        .fail(fail),
        .fail_status(fail_status),
        .send(send),
        .sent(sent),
        .count_cycle(),
        .count_clear(count_clear),
        .count_read(),
        .count_position(),
        .count_data(8'd0),
        .core_rst(core_rst),
        .mem_address(),
        .mem_write(mem_write),
        .mem_wdata(),
        .mem_read(mem_read),
        .mem_rdata(8'd0),
        .mem_rvalid(mem_rvalid),
        .step_start(step_start),
        .step_emit(),
        .mem_wait(mem_wait),
        .busy(busy),
        .input_free(input_free),
        .quiet(quiet),
        .clear(clear),
        .phase_write(phase_write),
        .phase(1'b0),
        .result_data(8'd0),
        .result_valid(result_valid)
    );

    reply_buffer u_reply (
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
        .m_data(),
        .m_valid(),
        .m_ready(m_ready),
        .m_last()
    );

    wire [4:0] see_state;  // = u_executor.state_q
    wire       see_stepping;  // = u_executor.stepping_q
    wire       see_drained;  // = u_executor.drained
    wire       see_turned;  // = u_executor.turned_q
    wire [9:0] see_index;  // = u_request.index_q
    wire       see_first;  // = u_request.first_q
    wire       see_low;  // = u_request.low_q
    wire       see_short;  // = u_request.short_q
    wire       see_beyond;  // = u_request.beyond_q
    wire       see_watch;  // = u_request.watch_q
    wire       see_store;  // = u_request.store_q
    wire       see_open;  // = u_request.open_q
    wire       see_clear;  // = u_request.clear_q
    wire       see_request;  // = u_request.request_q
    wire       see_sending;  // = u_reply.sending_q
    wire [7:0] see_opcode;  // = u_reply.opcode_q
    wire       see_begun;  // = u_reply.begun_q
    wire [7:0] see_sequence;  // = u_reply.sequence_q

    wire execute = request_taken && !repeated;

    reg       started_q = 1'b0;
    reg       last_valid_q;  // a request has been executed since the reset,
    reg [7:0] last_q;        // the last with this number
    reg       active_q;      // it is being executed
    reg       over_q;        // or was in the cycle before, and what it had begun to write waits
    reg [7:0] request_sequence_q, request_opcode_q, sequence_q;
    reg       begun_q, fresh_q, taken_q, beat_q;
    reg [5:0] kind_q;
    reg [9:0] bytes_q;

    always @(posedge clk) begin
        started_q <= 1'b1;
        over_q <= abort_taken || rst || (mem_write && mem_wait);
        if (send) active_q <= 1'b0;
        if (execute) active_q <= 1'b1;
        if (begin_reply) begin
            last_valid_q <= 1'b1;
            last_q <= request_sequence;
        end
        if (rst) begin
            last_valid_q <= 1'b0;
            active_q <= 1'b0;
        end
        request_sequence_q <= request_sequence;
        request_opcode_q <= request_opcode;
        sequence_q <= see_sequence;
        begun_q <= see_begun;
        fresh_q <= rst;
        taken_q <= request_taken;
        kind_q <= kind;
        beat_q <= s_valid;
        bytes_q <= request_bytes;
    end

    localparam [4:0] LISTEN = 5'd0, ANSWER = 5'd19, SEND = 5'd20, TAKE = 5'd21, HALT = 5'd22;
    localparam [4:0] COPY = 5'd3, STORE = 5'd4, FETCH = 5'd5, ARRIVE = 5'd6, DIGEST = 5'd7,
        STATE = 5'd15, PHASE = 5'd16, COUNT = 5'd17, TURN = 5'd8, RUN = 5'd14, REFUSE = 5'd18;
    wire [5:0] kind = {is_write, is_read, is_check, is_step, is_state, is_counters};
    wire step_state = (see_state >= COPY && see_state <= STORE) || (see_state >= TURN && see_state <= RUN);
    wire over = see_stepping && ((see_state == RUN && see_drained) || (see_state == TURN && see_turned));
    wire same = see_begun && request_sequence == see_sequence && request_opcode != `OP_HELLO;

    always @* begin
        if (!started_q) assume (rst);
        // frame_decoder calls no frame of less than 6 bytes good; it takes no more than this.
        if (s_good) assume (s_last && see_index >= 10'd2);
        if (started_q && beat_q) assume (!s_valid);  // beats are apart
        if (started_q && execute && request_opcode != `OP_HELLO && last_valid_q)
            assert (request_sequence != last_q);
        if (started_q && !active_q) begin
            assert (!step_start && !clear && !phase_write && !count_clear);
            if (!over_q) assert (!mem_write && !mem_read);
        end
        // What arguments says is one thing, from the taking of a request to the next; and the second walk
        // over a request finds in it what the first one did.
        assume ((kind & (kind - 6'd1)) == 6'd0 && (taken_q || kind == kind_q));
        if (see_opcode == `OP_HELLO && active_q) assume (kind == 6'd0);
        assume (!(see_state == REFUSE && see_stepping));
        // As within_memory assumes.
        if (started_q && field_write && see_index != 10'd0) assert ((listen || hear) && !request_valid && !abort_valid);
        if (started_q && !fresh_q && !listen && !hear) assert (request_bytes == bytes_q);
        // What the induction needs.
        if (started_q) begin
            if (hear) assert (over || listen || see_state == ANSWER || see_state == SEND || see_state == HALT);
            if (see_index != 10'd0 && see_store) assert (listen || hear);
            assert (see_begun == last_valid_q);
            if (see_begun) assert (see_sequence == last_q);
            assert (see_state <= HALT);
            assert (active_q || see_state == LISTEN || see_state >= ANSWER);
            if (active_q) assert (see_state != LISTEN && see_state != SEND && see_state != TAKE);
            if (see_stepping) assert (active_q && is_step && (step_state || see_state == HALT));
            if (see_state == TAKE) assert (request_valid && repeated == same);
            if (see_state == HALT) assert (abort_valid);
            if (see_state == FETCH || see_state == ARRIVE) assert (is_read || is_check);
            if (see_state == DIGEST) assert (is_check);
            if (see_state == STATE || see_state == PHASE) assert (is_state);
            if (see_state == COUNT) assert (is_counters);
            if (step_state) assert (is_step || (is_write && see_state <= STORE));
            assert (see_sending == (see_state == SEND));
            if (see_state != LISTEN && see_state != TAKE && see_state != HALT) assert (see_begun);
            if (append) assert (active_q || see_state == ANSWER);
            assert (see_first == (see_index == 10'd0) && see_low == (see_index < 10'd16));
            assert (see_short == (see_index == 10'd6) && see_beyond == (see_index == 10'd517));
            assert (see_index <= 10'd517);
            assert (!(see_request && abort_valid));
            if (!beat_q && (see_open || see_clear)) assert (!see_request && !abort_valid);
            if (see_index != 10'd0 && (see_watch || see_store))
                assert (!see_request && !abort_valid);
            if (request_valid || abort_valid || see_index > 10'd2)
                assert (request_sequence_q == request_sequence && request_opcode_q == request_opcode);
            if (listen && !fresh_q) assert (sequence_q == see_sequence && begun_q == see_begun);
            if (request_valid) assert (!fresh_q);
            if (listen && request_valid) assert (repeated == same);
        end
    end

endmodule

`default_nettype wire
