// requests - request_buffer holds what it offers until it is taken, or dropped for an ABORT; its payload is the frame's bytes until
// listen or hear rises again; an ABORT that begins while neither listen nor another ABORT is pending gets through
//
// Any frames, taken at any time; the read port looks at one byte, whichever.

`default_nettype none
`include "protocol.vh"

module requests (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid,
    input wire       s_last,
    input wire       s_good,
    input wire       listen,
    input wire       hear,
    input wire       request_taken,
    input wire       abort_taken
);

    wire       request_valid, abort_valid;
    wire [7:0] request_opcode, request_sequence;
    wire [9:0] request_bytes;
    wire [7:0] read_data;
    (* anyconst *) reg [9:0] watched;

    reg  [9:0] index_q;  // bytes of the frame so far
    wire       abort_begins = s_valid && !s_last && index_q == 10'd0 && s_data == `OP_ABORT && !listen;

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
        .field_write(),
        .field_index(),
        .field_data(),
        .read_index(watched),
        .read_data(read_data),
        .bad_frame()
    );

    stream_rules #(
        .DATA_W(26)
    ) u_request_rules (
        .clk(clk),
        .rst(rst),
        .data({request_opcode, request_sequence, request_bytes}),
        .valid(request_valid),
        .ready(request_taken || abort_begins)  // it drops the request
    );

    stream_rules u_abort_rules (
        .clk(clk),
        .rst(rst),
        .data(request_sequence),
        .valid(abort_valid),
        .ready(abort_taken)
    );

    wire [9:0] see_index;  // = u_request.index_q
    wire       see_first;  // = u_request.first_q
    wire       see_low;  // = u_request.low_q
    wire       see_short;  // = u_request.short_q
    wire       see_beyond;  // = u_request.beyond_q
    wire       see_store;  // = u_request.store_q
    wire       see_watch;  // = u_request.watch_q
    wire       see_is_abort;  // = u_request.is_abort_q
    wire       see_early;  // = u_request.early_q
    wire       see_drop;  // = u_request.drop_q
    wire       see_request;  // = u_request.request_q
    wire [8:0] see_watched;  // = u_request.u_byte_buffer.watched
    wire       see_known;  // = u_request.u_byte_buffer.known_q
    wire [7:0] see_kept;  // = u_request.u_byte_buffer.kept_q
    wire       see_asked;  // = u_request.u_byte_buffer.asked_q
    wire [7:0] see_answer;  // = u_request.u_byte_buffer.answer_q

    // The frame being stored, or stored last, as it should be.
    reg       started_q = 1'b0;
    reg       store_q;
    reg       holds_q;    // the frame has the watched byte, and it is
    reg [7:0] byte_q;
    reg       old_q;      // it was so a cycle ago
    reg [7:0] old_byte_q;
    reg       payload_q;  // a request's payload is there
    reg       began_q;    // the frame did, in the cycle before
    reg       early_q;    // it did as an ABORT that is not stored,
    reg       through_q;  // and gets through, if it is one,
    reg       due_q;      // and here it is

    reg  begin_store;     // as it was in the cycle before
    reg  clear_q;         // nothing was pending then
    reg  beat_q;
    wire store = index_q == 10'd0 ? begin_store : store_q;

    always @(posedge clk) begin
        started_q <= 1'b1;
        begin_store <= (listen || hear) && !see_request && !abort_valid;
        clear_q <= !(see_request && !request_taken) && !(abort_valid && !abort_taken);
        beat_q <= s_valid;
        old_q <= holds_q && !(s_valid && !s_last && store && index_q == watched);
        old_byte_q <= byte_q;
        began_q <= s_valid && !s_last && index_q == 10'd0;
        if (s_valid && !s_last && index_q == 10'd0) begin
            early_q <= abort_begins;
            through_q <= abort_begins && (clear_q || see_request);
        end
        due_q <= s_valid && s_good && index_q == 10'd6 && through_q;
        if (s_valid && !s_last) begin
            store_q <= store;
            if (index_q == 10'd0 && store) begin
                holds_q <= 1'b0;
                payload_q <= 1'b0;
            end
            if (store && index_q == watched) begin
                holds_q <= 1'b1;
                byte_q <= s_data;
            end
            if (index_q != 10'd517) index_q <= index_q + 10'd1;
        end
        if (index_q != 10'd0 && early_q) store_q <= 1'b0;
        if (s_valid && s_last) begin
            index_q <= 10'd0;
            if (s_good && store_q && index_q != 10'd517) payload_q <= 1'b1;
        end
        if (rst) begin
            index_q <= 10'd0;
            payload_q <= 1'b0;
            holds_q <= 1'b0;
            old_q <= 1'b0;
            due_q <= 1'b0;
            began_q <= 1'b0;
        end
    end

    always @* begin
        if (!started_q) assume (rst);
        assume (watched < 10'd512 && see_watched == watched[8:0]);
        if (s_good) assume (s_last && index_q >= 10'd6);  // proved of frame_decoder
        if (started_q && beat_q) assume (!s_valid);  // proved of frame_decoder
        if (request_taken) assume (request_valid && !listen);  // as executor does
        if (abort_taken) assume (abort_valid);
        if (started_q && due_q) assert (abort_valid);
        if (started_q && payload_q) begin
            assert (request_bytes <= 10'd512 || !request_valid);
            if (request_valid && watched < request_bytes) assert (holds_q);
            if (old_q && holds_q) assert (read_data == old_byte_q);
        end
        // What the induction needs.
        if (started_q) begin
            assert (see_index == index_q);
            assert (see_first == (see_index == 10'd0) && see_low == (see_index < 10'd16));
            assert (see_short == (see_index == 10'd6) && see_beyond == (see_index == 10'd517));
            assert (see_index <= 10'd517);
            if (index_q != 10'd0) assert (see_store == store_q);
            if (index_q != 10'd0 && early_q && !began_q) assert (!see_store);
            if (index_q != 10'd0 && through_q) assert (early_q && (see_watch || see_drop));
            if (index_q != 10'd0 && see_watch) assert ((see_is_abort && see_early) == early_q);
            if (index_q != 10'd0 && see_store) assert (see_watch);
            if (see_drop) assert (began_q && index_q == 10'd1 && early_q && !see_store);
            assert (!(see_request && abort_valid));
            if (index_q != 10'd0 && (see_watch || see_store)) assert (!see_request && !abort_valid);
            if (index_q != 10'd0 && store_q) assert (!payload_q && holds_q == (watched < index_q));
            if (request_valid) assert (payload_q);
            if (holds_q) assert (see_known && see_kept == byte_q);
            if (old_q) assert (see_asked && see_answer == old_byte_q);
            if (request_valid) assert ((watched < request_bytes + 10'd4) == holds_q);
        end
    end

endmodule

`default_nettype wire
