// usb_out_order - usb_out_buffer hands on the bytes of a packet that was good, in order, none lost or twice, by the stream rules
//
// Whichever byte is watched. As usb_transactions does, nothing is written but while the buffer is free (usb_exchange.v).

`default_nettype none

module usb_out_order (
    input wire       clk,
    input wire       rst,
    input wire       write,
    input wire [6:0] index,
    input wire [7:0] data,
    input wire       commit,
    input wire [6:0] length,
    input wire       m_ready
);

    wire       free;
    wire [7:0] m_data;
    wire       m_valid;

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

    stream_rules u_m_rules (
        .clk(clk),
        .rst(rst),
        .data(m_data),
        .valid(m_valid),
        .ready(m_ready)
    );

    wire [6:0] see_next;  // = u_buffer.next_q
    wire [6:0] see_left;  // = u_buffer.left_q

    wire [6:0] see_watched;  // = u_buffer.watched
    wire       see_known;  // = u_buffer.known_q
    wire [7:0] see_kept;  // = u_buffer.kept_q

    reg       started_q = 1'b0;
    reg       going_q;   // a packet is going out
    reg [6:0] length_q;
    reg [6:0] index_q;   // of the byte that goes out next

    always @(posedge clk) begin
        started_q <= 1'b1;
        if (m_valid && m_ready) index_q <= index_q + 7'd1;
        if (free) going_q <= 1'b0;
        if (commit) begin
            going_q <= length != 7'd0;
            length_q <= length;
            index_q <= 7'd0;
        end
        if (rst) going_q <= 1'b0;
    end

    always @* begin
        if (!started_q) assume (rst);
        if (!free) assume (!write && !commit);
        if (commit) assume (!write && (length <= see_watched || see_known));
        if (started_q && !rst) begin
            if (m_valid) assert (going_q && index_q < length_q);
            if (m_valid && index_q == see_watched) assert (m_data == see_kept);
            if (going_q && free) assert (index_q == length_q);
            // What the induction needs.
            if (!going_q) assert (free);
            if (going_q && length_q > see_watched) assert (see_known);
            if (going_q) assert (see_next == index_q + {6'd0, m_valid} && see_next + see_left == length_q);
        end
    end

endmodule

`default_nettype wire
