// usb_in_order - usb_in_buffer sends the bytes that it took, in order, none lost or twice, the same until they are acknowledged
//
// Whichever byte of a packet is watched. hold comes with a rewind, when a packet is about to be sent, and
// acknowledge only after it (usb_exchange.v); take at most every other cycle, and only if there is more (usb_line_order.v).

`default_nettype none

module usb_in_order (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid,
    input wire       hold,
    input wire       acknowledge,
    input wire       rewind,
    input wire       take
);

    wire       s_ready;
    wire       ready;
    wire [7:0] data;
    wire       more;

    usb_in_buffer u_buffer (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .hold(hold),
        .acknowledge(acknowledge),
        .ready(ready),
        .rewind(rewind),
        .take(take),
        .data(data),
        .more(more)
    );

    wire [6:0] see_count;  // = u_buffer.count_q
    wire [6:0] see_read;  // = u_buffer.read_q
    wire       see_held;  // = u_buffer.held_q

    wire [5:0] see_watched;  // = u_buffer.watched
    wire       see_known;  // = u_buffer.known_q
    wire [7:0] see_kept;  // = u_buffer.kept_q
    reg       started_q = 1'b0;
    reg [7:0] value_q;   // of the watched byte, once it came
    reg [6:0] count_q;   // bytes of the packet
    reg [6:0] index_q;   // bytes taken since the last rewind
    reg       holding_q;
    reg       fresh_q, fresher_q;  // index_q has changed a cycle ago, or two

    always @(posedge clk) begin
        started_q <= 1'b1;
        if (s_valid && s_ready) begin
            if (count_q == {1'b0, see_watched}) value_q <= s_data;
            count_q <= count_q + 7'd1;
        end
        if (rewind) index_q <= 7'd0;
        else if (take) index_q <= index_q + 7'd1;
        if (hold) holding_q <= 1'b1;
        if (acknowledge) begin
            holding_q <= 1'b0;
            count_q <= 7'd0;
        end
        if (rst) begin
            count_q <= 7'd0;
            index_q <= 7'd0;
            holding_q <= 1'b0;
        end
        fresh_q <= rewind || take || rst;
        fresher_q <= fresh_q;
    end

    always @* begin
        if (!started_q) assume (rst);
        if (hold) assume (rewind);
        if (acknowledge) assume (holding_q && !hold);
        if (take) assume (more && holding_q && !fresh_q && !fresher_q);
        if (started_q && !rst) begin
            if (holding_q) assert (!(s_valid && s_ready));  // it is as it was
            assert (more == (index_q != count_q));
            if (count_q != 7'd0) assert (ready);
            if (holding_q && take && index_q == {1'b0, see_watched}) assert (data == value_q);
            // What the induction needs.
            assert (count_q <= 7'd64);
            assert (see_count == count_q && see_read == index_q && see_held == holding_q);
            if (holding_q) assert (index_q <= count_q);
            if (count_q > {1'b0, see_watched}) assert (see_known && see_kept == value_q);
        end
    end

endmodule

`default_nettype wire
