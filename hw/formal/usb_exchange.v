// usb_exchange - usb_packet and usb_transactions use the two buffers as usb_out_order.v and usb_in_order.v assume
//
// Whatever the receiver says of the line, by the rules that usb_strobes.v proves, and whichever packets have good check sums. A packet
// from the host is written only while its buffer is free, and counts only if all its bytes have been; what the host acknowledges is a
// packet that was held.

`default_nettype none

module usb_exchange (
    input wire       clk,
    input wire       rst,
    input wire       start,
    input wire       bit_strobe,
    input wire       bit_value,
    input wire       byte_strobe,
    input wire [7:0] byte_value,
    input wire       finish,
    input wire       error,
    input wire [6:0] address,
    input wire       configured,
    input wire       control_stall,
    input wire       control_toggle,
    input wire       halted_in,
    input wire       halted_out,
    input wire       clear_in,
    input wire       clear_out,
    input wire       in_ready,
    input wire       sum_good,
    input wire       m_ready
);

    wire       done, packet_good;
    wire       good = done && sum_good;
    wire [3:0] pid;
    wire [6:0] packet_address;
    wire [3:0] packet_endpoint;
    wire       data_strobe;
    wire [7:0] data;
    wire [6:0] index, length;
    wire       setup, setup_done, bulk_write, commit, endpoint, rewind, hold, acknowledge;
    wire       send, send_data;
    wire [3:0] send_pid;
    wire       free, m_valid;
    wire [7:0] m_data;
    wire       write = data_strobe && bulk_write;

    usb_packet u_packet (
        .clk(clk),
        .rst(rst),
        .start(start),
        .bit_strobe(bit_strobe),
        .bit_value(bit_value),
        .byte_strobe(byte_strobe),
        .byte_value(byte_value),
        .finish(finish),
        .error(error),
        .done(done),
        .good(packet_good),
        .pid(pid),
        .address(packet_address),
        .endpoint(packet_endpoint),
        .data_strobe(data_strobe),
        .data(data),
        .index(index),
        .length(length)
    );

    usb_transactions u_transactions (
        .clk(clk),
        .rst(rst),
        .done(done),
        .good(good),
        .pid(pid),
        .packet_address(packet_address),
        .packet_endpoint(packet_endpoint),
        .length(length),
        .address(address),
        .configured(configured),
        .control_stall(control_stall),
        .control_toggle(control_toggle),
        .halted_in(halted_in),
        .halted_out(halted_out),
        .clear_in(clear_in),
        .clear_out(clear_out),
        .in_ready(in_ready),
        .out_free(free),
        .setup(setup),
        .setup_done(setup_done),
        .bulk_write(bulk_write),
        .commit(commit),
        .endpoint(endpoint),
        .rewind(rewind),
        .hold(hold),
        .acknowledge(acknowledge),
        .send(send),
        .send_pid(send_pid),
        .send_data(send_data)
    );

    usb_out_buffer u_buffer (
        .clk(clk),
        .rst(rst),
        .write(write),
        .index(index),
        .data(data),
        .commit(commit),
        .length(length),
        .free(free),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    wire       see_sent;  // = u_transactions.sent_q
    wire       see_long;  // = u_packet.long_q

    (* anyconst *) reg [6:0] watched;
    reg  started_q = 1'b0;
    reg  begun_q;    // a packet has begun since the reset
    reg  inside_q;   // a packet has begun and not ended
    reg  any_q;      // there was a strobe a cycle ago
    reg  finish_q;
    reg  written_q;  // the watched byte of this packet has been written
    reg  holding_q;  // a packet to the host is held
    wire any = start || bit_strobe || finish;
    wire whole = index >= 7'd2 && !see_long;  // the two bytes of the check sum are there

    always @(posedge clk) begin
        started_q <= 1'b1;
        any_q <= any;
        finish_q <= finish && !rst;
        inside_q <= !rst && !finish && (inside_q || start);
        begun_q <= !rst && (begun_q || start);
        if (start) written_q <= 1'b0;
        if (write && index == watched) written_q <= 1'b1;
        if (acknowledge && endpoint) holding_q <= 1'b0;
        if (hold) holding_q <= 1'b1;
        if (rst) holding_q <= 1'b0;
    end

    always @* begin
        if (!started_q) assume (rst);
        assume ({1'b0, start} + {1'b0, bit_strobe} + {1'b0, finish} <= 2'd1);
        if (byte_strobe) assume (bit_strobe);
        if (any && started_q) assume (!any_q);
        if (bit_strobe || finish) assume (inside_q);
        if (good && pid[1:0] == 2'b11) assume (whole);
        if (started_q && !rst) begin
            if (done && packet_good && pid[1:0] == 2'b11) assert (whole);
            if (write) assert (free);
            if (commit) assert (free && !write && length <= 7'd64);
            if (commit && watched < length) assert (written_q);
            if (hold) assert (rewind);
            if (acknowledge && endpoint) assert (holding_q && !hold);
            // What the induction needs.
            assert (done == finish_q);
            if (done) assert (any_q && !inside_q);
            if (bulk_write) assert (free);
            if (see_sent && endpoint) assert (holding_q);
            if (begun_q) assert (index <= 7'd66 && (!see_long || index == 7'd66));
            if (inside_q || done) assert (begun_q);
            if (bulk_write && (inside_q || done) && watched < index) assert (written_q);
        end
    end

endmodule

`default_nettype wire
