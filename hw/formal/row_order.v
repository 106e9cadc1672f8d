// row_order - row_sender sends three bytes of every row, in order, lowest first; result_stream.v has the rules of its stream
//
// Whichever row is watched, and whenever turns and m_ready come.

`default_nettype none

module row_order (
    input wire        clk,
    input wire        rst,
    input wire        start,
    input wire [7:0]  rows,
    input wire        turn,
    input wire [23:0] read_data,
    input wire        m_ready
);

    wire       done;
    wire       idle;
    wire [6:0] word;
    wire [7:0] m_data;
    wire       m_valid;

    row_sender u_sender (
        .clk(clk),
        .rst(rst),
        .start(start),
        .rows(rows),
        .done(done),
        .idle(idle),
        .turn(turn),
        .word(word),
        .read_data(read_data),
        .m_data(m_data),
        .m_valid(m_valid),
        .m_ready(m_ready)
    );

    wire       see_reading;  // = u_sender.reading_q
    wire       see_arriving;  // = u_sender.arriving_q
    wire       see_odd;  // = u_sender.odd_q
    wire       see_odd_arriving;  // = u_sender.odd_arriving_q
    wire [7:0] see_row;  // = u_sender.row_q
    wire [1:0] see_left;  // = u_sender.left_q
    wire [23:0] see_bytes;  // = u_sender.bytes_q

    // The bank: the watched row is 24 bits of any value, and the others are whatever read_data is.
    (* anyconst *) reg [7:0]  watched;
    (* anyconst *) reg [23:0] value;
    reg [7:0] rows_q;
    reg       running_q = 1'b0;
    reg [1:0] part_q;     // of the row that goes out
    reg [8:0] sent_q;     // rows gone
    reg       turn_q;     // read_data is the even row of word_q,
    reg       odd_q;      // or its odd row
    reg [6:0] word_q;
    reg       started_q = 1'b0;

    wire moved = m_valid && m_ready;
    wire [8:0] wanted = {rows_q == 8'd0, rows_q};

    always @(posedge clk) begin
        started_q <= 1'b1;
        turn_q <= turn;
        odd_q <= turn_q;
        if (turn) word_q <= word;
        if (start) begin
            rows_q <= rows;
            running_q <= 1'b1;
            part_q <= 2'd0;
            sent_q <= 9'd0;
        end else if (moved) begin
            part_q <= part_q == 2'd2 ? 2'd0 : part_q + 2'd1;
            if (part_q == 2'd2) sent_q <= sent_q + 9'd1;
        end
        if (rst) running_q <= 1'b0;
    end

    // Rows read, or on their way in the sender.
    wire [8:0] read_rows = {!see_reading && rows_q == 8'd0, see_reading ? see_row : rows_q};
    wire [8:0] inside = {8'd0, see_arriving || see_odd_arriving} + {8'd0, see_left != 2'd0};

    always @* begin
        if (!started_q) assume (rst);
        if (!idle) assume (!start);
        assume (!(turn && turn_q));  // as drain_turn alternates
        if (running_q) assume (rows == rows_q);
        if (turn_q && {word_q, 1'b0} == watched) assume (read_data == value);
        if (odd_q && {word_q, 1'b1} == watched) assume (read_data == value);
        if (started_q && running_q) begin
            if (m_valid) assert (sent_q < wanted);
            if (m_valid && sent_q == {1'b0, watched})
                assert (m_data == (part_q == 2'd0 ? value[7:0] :
                                   part_q == 2'd1 ? value[15:8] : value[23:16]));
            if (idle) assert (sent_q == wanted);  // none lost
        end
        // What the induction needs.
        if (started_q && !running_q) assert (idle && !m_valid);
        if (started_q && running_q) begin
            assert (part_q == (see_left == 2'd0 ? 2'd0 : 2'd3 - see_left));
            assert (sent_q + inside == read_rows);
            assert (!(see_arriving && see_odd_arriving));
            if (see_reading) assert (wanted > {1'b0, see_row});
            if (see_arriving) assert (turn_q && see_left == 2'd0);
            if (see_odd_arriving) assert (odd_q && see_left == 2'd0);
            if (see_arriving || see_odd_arriving)
                assert ({word_q, see_odd} == sent_q[7:0]);
            if (see_odd_arriving) assert (see_odd);
            if (see_left != 2'd0 && sent_q == {1'b0, watched})
                assert (see_bytes == value >> {part_q, 3'd0});
        end
    end

endmodule

`default_nettype wire
