// uart_out_order - uart_transmitter puts every byte that it takes on the line, in order, none lost or twice
//
// Start bit, eight bits, stop bit. Bytes at any time. Bits change where a phase accumulator of our own overflows, so that none is short
// or long. Four cycles to the bit, the fewest allowed: what is proved does not depend on their number.

`default_nettype none

module uart_out_order (
    input wire       clk,
    input wire       rst,
    input wire [7:0] s_data,
    input wire       s_valid
);

    wire s_ready;
    wire tx;

    uart_transmitter #(
        .CLOCK_KHZ(40000),
        .BAUD(10000000)
    ) u_transmitter (
        .clk(clk),
        .rst(rst),
        .s_data(s_data),
        .s_valid(s_valid),
        .s_ready(s_ready),
        .tx(tx)
    );

    wire [7:0]  see_wait;  // = u_transmitter.wait_q
    wire        see_full;  // = u_transmitter.full_q
    wire [15:0] see_phase;  // = u_transmitter.phase_q
    wire [3:0]  see_left;  // = u_transmitter.left_q
    wire        see_next;  // = u_transmitter.next_q
    wire        see_last;  // = u_transmitter.last_q
    wire        see_idle;  // = u_transmitter.idle_q
    wire [8:0]  see_shift;  // = u_transmitter.shift_q

    reg       started_q = 1'b0;
    reg       waits_q;   // a byte has been taken that is not on the line yet,
    reg [7:0] next_q;    // this one
    reg       sends_q;   // a byte is on the line,
    reg [7:0] byte_q;    // this one,
    reg [3:0] bit_q;     // this bit of it: 0 is the start bit, 9 the stop bit
    reg [1:0] cycle_q;   // of the bit

    wire       taken = s_valid && s_ready;
    wire       bit_ends = cycle_q == 2'd3;
    wire       byte_ends = sends_q && bit_q == 4'd9 && bit_ends;
    wire [9:0] frame = {1'b1, byte_q, 1'b0};
    wire [9:0] rest = ~(~frame >> bit_q);

    always @(posedge clk) begin
        started_q <= 1'b1;
        cycle_q <= sends_q ? cycle_q + 2'd1 : 2'd0;
        if (sends_q && bit_ends) bit_q <= bit_q + 4'd1;
        if (byte_ends) sends_q <= 1'b0;
        if (waits_q && (!sends_q || byte_ends)) begin
            sends_q <= 1'b1;
            byte_q <= next_q;
            bit_q <= 4'd0;
            waits_q <= 1'b0;
        end
        if (taken) begin
            waits_q <= 1'b1;
            next_q <= s_data;
        end
        if (rst) begin
            waits_q <= 1'b0;
            sends_q <= 1'b0;
        end
    end

    always @* begin
        if (!started_q) assume (rst);
        if (started_q) begin
            assert (tx == (sends_q ? frame[bit_q] : 1'b1));
            if (waits_q) assert (!taken);  // it would be lost
            if (!waits_q) assert (s_ready);
            // What the induction needs.
            assert (see_full == waits_q && see_idle == !sends_q);
            if (waits_q) assert (see_wait == next_q);
            if (!sends_q) assert (see_shift[0] && !see_next);
            if (sends_q) begin
                assert (bit_q <= 4'd9 && see_left == 4'd10 - bit_q && see_shift == rest[8:0]);
                assert (see_phase == {cycle_q + 2'd1, 14'd0} && see_next == bit_ends);
                if (cycle_q != 2'd0) assert (see_last == (bit_q == 4'd9));
            end
        end
    end

endmodule

`default_nettype wire
