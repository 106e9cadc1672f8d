// usb_line_order - usb_transmitter takes bytes only where there are more, in time, and puts them on the lines in order, none lost or twice
//
// Any packets, one at a time. SYNC, PID and bytes go out least significant bit first, a 0 as a change of level, and after six 1s a 0 that
// is not theirs. The check sum and the end of the packet are left to the tests.

`default_nettype none

module usb_line_order (
    input wire       clk,
    input wire       rst,
    input wire       send,
    input wire [3:0] pid,
    input wire       with_data,
    input wire [7:0] data,
    input wire       more
);

    wire take, busy, dp, dn, oe;

    usb_transmitter u_transmitter (
        .clk(clk),
        .rst(rst),
        .send(send),
        .pid(pid),
        .with_data(with_data),
        .data(data),
        .more(more),
        .take(take),
        .busy(busy),
        .dp(dp),
        .dn(dn),
        .oe(oe)
    );

    wire [2:0] see_state;  // = u_transmitter.state_q
    wire [1:0] see_phase;  // = u_transmitter.phase_q
    wire [2:0] see_bit;  // = u_transmitter.bit_q
    wire [2:0] see_ones;  // = u_transmitter.ones_q
    wire [7:0] see_shift;  // = u_transmitter.shift_q

    localparam [1:0] SYNC = 2'd0, PID = 2'd1, DATA = 2'd2, REST = 2'd3;

    reg       started_q = 1'b0;
    reg [1:0] part_q;    // of the packet
    reg [7:0] byte_q;    // that goes out
    reg [2:0] bit_q;     // of it
    reg [2:0] ones_q;    // in a row, so far
    reg       level_q;   // of D+
    reg [1:0] cycle_q;   // of the bit
    reg [4:0] age_q;     // cycles since send or the last take, 31: or more

    wire stuffed = ones_q == 3'd6;
    wire value = !stuffed && byte_q[bit_q];
    wire bit_ends = busy && cycle_q == 2'd3 && part_q != REST;
    wire byte_ends = bit_ends && !stuffed && bit_q == 3'd7;

    always @(posedge clk) begin
        started_q <= 1'b1;
        age_q <= take || (send && !busy) ? 5'd0 : age_q == 5'd31 ? age_q : age_q + 5'd1;
        cycle_q <= busy ? cycle_q + 2'd1 : 2'd0;
        if (bit_ends) begin
            level_q <= value ? level_q : !level_q;
            ones_q <= value ? ones_q + 3'd1 : 3'd0;
            if (!stuffed) bit_q <= bit_q + 3'd1;
        end
        if (byte_ends) begin
            part_q <= part_q == SYNC ? PID : take ? DATA : REST;
            byte_q <= part_q == SYNC ? {~pid, pid} : data;
        end
        if (!busy) begin
            part_q <= SYNC;
            byte_q <= 8'h80;
            bit_q <= 3'd0;
            ones_q <= 3'd0;
            level_q <= 1'b1;
        end
    end

    always @* begin
        if (!started_q) assume (rst);
        if (busy) assume (!send);
        if (started_q) begin
            assert (take == (byte_ends && more && (part_q == DATA || (part_q == PID && with_data))));
            if (take) assert (age_q == 5'd31);
            assert (oe == busy);
            if (busy && part_q != REST) assert (dp == level_q && dn == !level_q);
            // What the induction needs.
            if (busy) assert (see_phase == cycle_q);
            if (busy && part_q != REST) begin
                assert (see_state == {1'b0, part_q} + 3'd1 && see_bit == bit_q && see_ones == ones_q);
                assert (see_shift == byte_q >> bit_q && ones_q <= 3'd6 && age_q >= {bit_q, cycle_q});
            end
            if (busy && part_q == REST) assert (see_state >= 3'd4 && see_state <= 3'd6);
        end
    end

endmodule

`default_nettype wire
